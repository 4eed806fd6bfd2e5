import type { Scenario } from './scenario.js';

/** Leases, what renews and converts locks, and what ends those of others. */
export const LEASE_SCENARIOS: readonly Scenario[] = [
  {
    title: 'a lease runs out',
    steps: [
      'A trylock lease=100',
      'wait 60',
      'list = r A ex 101',
      'wait 41',
      'list = r A ex 104',
      'A unlock = GOOD',
    ],
  },
  {
    title: 'no lease at all',
    steps: [
      'A trylock sh lease=0',
      'list = r A sh 104',
      'B trylock sh lease=0',
      'list = r A sh 104, r B sh 104',
    ],
  },
  {
    title: 'renewals',
    steps: [
      'A trylock lease=100',
      'wait 40',
      'A refresh lease=100 = GOOD',
      'wait 40',
      'A refresh lease=100 = GOOD',
      'wait 45',
    ].concat(['list = r A ex 101']),
  },
  {
    title: 'a renewal with another lease',
    steps: [
      'A trylock lease=100',
      'A refresh lease=1000 = GOOD',
      'list = r A ex 101',
      'wait 200',
      'list = r A ex 101',
    ],
  },
  {
    title: 'a late renewal',
    steps: [
      'A trylock lease=100',
      'wait 200',
      'list = r A ex 104',
      'A refresh lease=100 = GOOD',
      'list = r A ex 101',
    ],
  },
  { title: 'renewal by a stranger', steps: ['A trylock', 'B refresh = RC', 'list = r A ex 101'] },
  {
    title: 'demotion and promotion',
    steps: [
      'A trylock',
      'A refresh sh = GOOD',
      'list = r A sh 101',
      'A refresh = GOOD',
      'list = r A ex 101',
      'A unlock = GOOD',
    ],
  },
  {
    title: 'promotion beside a live sharer',
    steps: ['A trylock sh', 'B trylock sh', 'A refresh = CT', 'list = r A sh 103, r B sh 103'],
  },
  {
    title: 'promotion beside an expired sharer',
    steps: [
      'A trylock sh lease=1000',
      'B trylock sh lease=100',
      'wait 200',
      'A refresh lease=1000 = CT',
      'list = r A sh 101, r B sh 104',
    ],
  },
  {
    title: 'expired holders keep others out',
    steps: ['A trylock lease=100', 'wait 200', 'B trylock = RC', 'B trylock sh = RC', 'list = r A ex 104'],
  },
  {
    title: 'expired sharers keep an exclusive one out',
    steps: ['A trylock sh lease=100', 'wait 200', 'B trylock = RC', 'list = r A sh 104'],
  },
  {
    title: 'break of a live holder',
    steps: ['A trylock lease=100', 'wait 70', 'B break = RC', 'list = r A ex 101'],
  },
  {
    title: 'break of an expired holder',
    steps: [
      'A trylock lease=100',
      'wait 120',
      'list = r A ex 104',
      'B break = GOOD',
      'list = r B ex 101',
      'A unlock = RC',
    ],
  },
  {
    title: 'the old holder after a break',
    steps: [
      'A trylock lease=100',
      'wait 200',
      'B break = GOOD',
      'A refresh = RC',
      'A unlock sh = RC',
      'list = r B ex 101',
    ],
  },
  {
    title: 'a sharer breaks the others',
    steps: [
      'A trylock sh lease=1000',
      'B trylock sh lease=100',
      'wait 200',
      'A break = GOOD',
      'list = r A ex 101',
    ],
  },
  {
    title: 'break by the only holder',
    steps: ['A trylock lease=100', 'wait 60', 'A break lease=100 = GOOD', 'wait 40', 'list = r A ex 101'],
  },
  {
    title: 'a lease without an end',
    steps: [
      'A trylock lease=endless',
      'wait 99999',
      'list = r A ex 101',
      'B break = GOOD',
      'list = r B ex 101',
    ],
  },
  {
    title: 'destroy of a held mutex',
    steps: ['A trylock lease=100', 'wait 70', 'A destroy = RC', 'list = r A ex 101'],
  },
  {
    title: 'destroy of an expired mutex',
    steps: ['A trylock lease=100', 'wait 200', 'B destroy = GOOD', 'list = '],
  },
];
