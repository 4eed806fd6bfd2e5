/** The keys of RFC 7143 section 13, each with the rule by which its value is found. */
import type { ConnectionParameters, OwnWishes, SessionParameters } from './parameters.js';

type Named<T, V> = { [K in keyof T]: T[K] extends V ? K : never }[keyof T];

/** Who is bound by the value of a key. */
export type Place<V> =
  | { readonly of: 'session'; readonly name: Named<SessionParameters, V> }
  | { readonly of: 'connection'; readonly name: Named<ConnectionParameters, V> };

interface Common {
  /** `leading`: the login of a session's first connection; `login`: any login; `any`: also in full feature phase. */
  readonly when: 'leading' | 'login' | 'any';
  /** Means nothing in a discovery session. */
  readonly normalOnly?: true;
}

/** How a key is answered. */
export type KeyRule = Common &
  (
    | {
        readonly kind: 'boolean';
        readonly result: 'and' | 'or';
        readonly place: Place<boolean>;
        readonly ours: (wishes: OwnWishes) => boolean;
      }
    | {
        readonly kind: 'number';
        readonly result: 'min' | 'max';
        readonly range: readonly [number, number];
        readonly place: Place<number>;
        readonly ours: (wishes: OwnWishes) => number;
      }
    /** The responder takes the first value of the offer that it supports. */
    | {
        readonly kind: 'list';
        readonly place: Place<string>;
        readonly ours: (wishes: OwnWishes) => readonly string[];
      }
    /** No answer: each side says its own. */
    | {
        readonly kind: 'declared-number';
        readonly range: readonly [number, number];
        readonly place: Place<number>;
      }
    | { readonly kind: 'declared-text' }
    /** Always answered so: what RFC 3720 had and RFC 7143 took away (RFC 7143 13.26). */
    | { readonly kind: 'fixed'; readonly answer: string }
  );

const session = <V>(name: Named<SessionParameters, V>): Place<V> => ({ of: 'session', name });
const connection = <V>(name: Named<ConnectionParameters, V>): Place<V> => ({ of: 'connection', name });

const SEGMENT = [512, 16_777_215] as const;
const U16 = [1, 65_535] as const;
const SECONDS = [0, 3600] as const;

/** By name. SendTargets and the keys of authentication are no business of this table. */
export const KEYS: ReadonlyMap<string, KeyRule> = new Map<string, KeyRule>([
  [
    'HeaderDigest',
    { kind: 'list', when: 'login', place: connection('headerDigest'), ours: (w) => w.headerDigest },
  ],
  ['DataDigest', { kind: 'list', when: 'login', place: connection('dataDigest'), ours: (w) => w.dataDigest }],
  [
    'MaxConnections',
    {
      kind: 'number',
      result: 'min',
      range: U16,
      when: 'leading',
      normalOnly: true,
      place: session('maxConnections'),
      ours: (w) => w.maxConnections,
    },
  ],
  [
    'InitialR2T',
    {
      kind: 'boolean',
      result: 'or',
      when: 'leading',
      normalOnly: true,
      place: session('initialR2T'),
      ours: (w) => w.initialR2T,
    },
  ],
  [
    'ImmediateData',
    {
      kind: 'boolean',
      result: 'and',
      when: 'leading',
      normalOnly: true,
      place: session('immediateData'),
      ours: (w) => w.immediateData,
    },
  ],
  [
    'MaxRecvDataSegmentLength',
    { kind: 'declared-number', range: SEGMENT, when: 'any', place: connection('maxRecvDataSegmentLength') },
  ],
  [
    'MaxBurstLength',
    {
      kind: 'number',
      result: 'min',
      range: SEGMENT,
      when: 'leading',
      normalOnly: true,
      place: session('maxBurstLength'),
      ours: (w) => w.maxBurstLength,
    },
  ],
  [
    'FirstBurstLength',
    {
      kind: 'number',
      result: 'min',
      range: SEGMENT,
      when: 'leading',
      normalOnly: true,
      place: session('firstBurstLength'),
      ours: (w) => w.firstBurstLength,
    },
  ],
  [
    'DefaultTime2Wait',
    {
      kind: 'number',
      result: 'max',
      range: SECONDS,
      when: 'leading',
      place: session('defaultTime2Wait'),
      ours: () => 0,
    },
  ],
  [
    // A session ends with its last connection: nothing is retained at error recovery level 0.
    'DefaultTime2Retain',
    {
      kind: 'number',
      result: 'min',
      range: SECONDS,
      when: 'leading',
      place: session('defaultTime2Retain'),
      ours: () => 0,
    },
  ],
  [
    'MaxOutstandingR2T',
    {
      kind: 'number',
      result: 'min',
      range: U16,
      when: 'leading',
      normalOnly: true,
      place: session('maxOutstandingR2T'),
      ours: (w) => w.maxOutstandingR2T,
    },
  ],
  [
    'DataPDUInOrder',
    {
      kind: 'boolean',
      result: 'or',
      when: 'leading',
      normalOnly: true,
      place: session('dataPduInOrder'),
      ours: () => true,
    },
  ],
  [
    'DataSequenceInOrder',
    {
      kind: 'boolean',
      result: 'or',
      when: 'leading',
      normalOnly: true,
      place: session('dataSequenceInOrder'),
      ours: () => true,
    },
  ],
  [
    'ErrorRecoveryLevel',
    {
      kind: 'number',
      result: 'min',
      range: [0, 2],
      when: 'leading',
      place: session('errorRecoveryLevel'),
      ours: () => 0,
    },
  ],
  [
    'TaskReporting',
    {
      kind: 'list',
      when: 'leading',
      normalOnly: true,
      place: session('taskReporting'),
      ours: () => ['RFC3720'],
    },
  ],
  [
    'iSCSIProtocolLevel',
    {
      kind: 'number',
      result: 'min',
      range: [0, 31],
      when: 'leading',
      normalOnly: true,
      place: session('protocolLevel'),
      ours: () => 1,
    },
  ],
  ['InitiatorName', { kind: 'declared-text', when: 'login' }],
  ['InitiatorAlias', { kind: 'declared-text', when: 'any' }],
  ['TargetName', { kind: 'declared-text', when: 'login' }],
  ['SessionType', { kind: 'declared-text', when: 'leading' }],
  // Only a target declares these: an initiator's word on them is ignored.
  ['TargetAlias', { kind: 'declared-text', when: 'any' }],
  ['TargetAddress', { kind: 'declared-text', when: 'any' }],
  ['TargetPortalGroupTag', { kind: 'declared-text', when: 'any' }],
  ['IFMarker', { kind: 'fixed', answer: 'Reject', when: 'login' }],
  ['OFMarker', { kind: 'fixed', answer: 'Reject', when: 'login' }],
  ['IFMarkInt', { kind: 'fixed', answer: 'Reject', when: 'login' }],
  ['OFMarkInt', { kind: 'fixed', answer: 'Reject', when: 'login' }],
]);
