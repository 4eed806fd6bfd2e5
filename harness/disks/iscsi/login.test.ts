import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { loginRequest, type LoginRequest } from './initiator-pdus.js';
import { Login, type LoginRules, type LoginStep } from './login.js';
import { defaultSessionParameters } from './parameters.js';
import { CHAP, request, RULES, said, SECURITY, step, WHO } from './testing/login-steps.js';
import { writeText, type Pair } from './text.js';

function refused(answer: LoginStep): string {
  return answer.kind === 'refuse' ? answer.status.toString(16).padStart(4, '0') : answer.kind;
}

describe('login', () => {
  it('takes one step from the operational stage', () => {
    const login = new Login(RULES);
    const answer = step(login, {}, [...WHO, ['InitialR2T', 'No']]);
    assert.equal(answer.kind, 'enter');
    assert.deepEqual(
      [...said(answer)],
      [
        ['TargetPortalGroupTag', '1'],
        ['MaxRecvDataSegmentLength', '262144'],
        ['InitialR2T', 'No'],
      ],
    );
    assert.deepEqual(login.identity, {
      initiator: 'iqn.x:i',
      isid: '000000000000',
      tsih: 0,
      cid: 0,
      discovery: false,
    });
  });

  it('goes through both stages', () => {
    const login = new Login({ ...RULES, targetAlias: 'disks' });
    const first = step(login, SECURITY, [...WHO, ['AuthMethod', 'CHAP,None']]);
    assert.deepEqual(
      [...said(first)],
      [
        ['TargetAlias', 'disks'],
        ['TargetPortalGroupTag', '1'],
        ['AuthMethod', 'None'],
      ],
    );
    assert.ok(first.kind === 'more' && first.transit && first.nextStage === 1);
    const second = step(login, { transit: false, nextStage: 0 }, [['HeaderDigest', 'CRC32C']]);
    assert.ok(second.kind === 'more' && !second.transit);
    const third = step(login, {}, [['DataDigest', 'CRC32C']]);
    assert.equal(third.kind, 'enter');
    assert.equal(said(third).has('MaxRecvDataSegmentLength'), false);
    assert.equal(login.negotiation.connection.headerDigest, 'CRC32C');
  });

  it('takes text that comes in several PDUs, cut anywhere', () => {
    const text = writeText([...WHO, ['InitialR2T', 'No'], ['HeaderDigest', 'CRC32C']]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 5 }), (cuts) => {
        const login = new Login(RULES);
        let at = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          const part = login.step(
            request({ transit: false, continues: true, nextStage: 0 }),
            text.subarray(at, cut),
          );
          assert.ok(part.kind === 'more' && !part.transit && part.text.length === 0);
          at = cut;
        }
        assert.equal(login.step(request({}), text.subarray(at)).kind, 'enter');
        assert.equal(login.negotiation.session.initialR2T, false);
      }),
    );
  });

  it('hands out a long answer in several PDUs', () => {
    const login = new Login(RULES);
    const many: Pair[] = Array.from({ length: 900 }, (_, i) => [`X-${i}`, '']);
    let answer = step(login, {}, [...WHO, ...many]);
    let text = '';
    let parts = 0;
    while (answer.kind === 'more') {
      assert.ok(answer.continues && !answer.transit);
      assert.equal(answer.text.length, 8192);
      text += answer.text.toString();
      parts++;
      answer = step(login, {}, []);
    }
    assert.ok(answer.kind === 'enter');
    text += answer.text.toString();
    assert.equal(parts, 2);
    assert.equal(text.split('=NotUnderstood\0').length, 901);
  });

  it('refuses with the status that fits', () => {
    const one = (values: Partial<LoginRequest>, pairs: readonly Pair[], rules: LoginRules = RULES) =>
      refused(step(new Login(rules), values, pairs));
    assert.equal(one({}, [['TargetName', RULES.targetName]]), '0207');
    assert.equal(one({}, [['InitiatorName', 'iqn.x']]), '0207');
    assert.equal(
      one({}, [
        ['InitiatorName', 'nobody'],
        ['TargetName', RULES.targetName],
      ]),
      '0200',
    );
    assert.equal(
      one({}, [
        ['InitiatorName', 'iqn.x'],
        ['TargetName', 'iqn.other'],
      ]),
      '0203',
    );
    assert.equal(one({}, [...WHO, ['SessionType', 'Strange']]), '0209');
    assert.equal(one({ versionMin: 1, versionMax: 1 }, WHO), '0205');
    assert.equal(one({ tsih: 7 }, WHO), '020a');
    assert.equal(one(SECURITY, [...WHO, ['AuthMethod', 'KRB5']]), '0201');
    assert.equal(one({ currentStage: 2 }, WHO), '0200');
    assert.equal(one({ currentStage: 3 }, WHO), '0200');
    assert.equal(one({ currentStage: 1, nextStage: 1 }, WHO), '0200');
    assert.equal(one({ currentStage: 0, nextStage: 2 }, WHO), '0200');
    assert.equal(one({ continues: true }, WHO), '0200');
    assert.equal(one({}, [...WHO, ['MaxBurstLength', '512'], ['MaxBurstLength', '512']]), '0200');
    assert.equal(one({}, WHO, { ...RULES, chap: CHAP }), '0201');
    assert.equal(one(SECURITY, WHO, { ...RULES, chap: CHAP }), '0201');
    assert.equal(one(SECURITY, [...WHO, ['AuthMethod', 'None']], { ...RULES, chap: CHAP }), '0201');
    assert.equal(
      one({ currentStage: 0, nextStage: 3 }, [...WHO, ['CHAP_A', '5']], { ...RULES, chap: CHAP }),
      '0201',
    );
    assert.equal(refused(new Login(RULES).step(request({}), Buffer.from('garbage'))), '0200');
  });

  it('refuses an initiator that changes its mind, goes on without end, or begins again', () => {
    const changes: Partial<LoginRequest>[] = [{ itt: 2 }, { cid: 1 }, { isid: Buffer.alloc(6, 1) }, SECURITY];
    for (const change of changes) {
      const login = new Login(RULES);
      step(login, { transit: false }, WHO);
      assert.equal(refused(step(login, change, [])), '0200');
    }
    const endless = new Login(RULES);
    step(endless, { transit: false }, WHO);
    for (let i = 0; i < 31; i++) assert.equal(refused(step(endless, { transit: false }, [])), 'more');
    assert.equal(refused(step(endless, { transit: false }, [])), '0200');
    const entered = new Login(RULES);
    step(entered, {}, WHO);
    assert.equal(refused(step(entered, {}, WHO)), '0200');
  });

  it('lets a connection join a session with what was agreed on there', () => {
    const agreed = { ...defaultSessionParameters(), maxBurstLength: 512 };
    const login = new Login({
      ...RULES,
      agreedIn: (_name, _isid, tsih) => (tsih === 7 ? agreed : undefined),
    });
    const answer = step(login, { tsih: 7, cid: 3 }, [...WHO, ['MaxBurstLength', '1024']]);
    assert.equal(said(answer).get('MaxBurstLength'), 'Reject');
    assert.equal(login.negotiation.session.maxBurstLength, 512);
  });

  it('takes no operational key in the security stage', () => {
    const answer = step(new Login(RULES), SECURITY, [...WHO, ['MaxBurstLength', '512'], ['X-a', '1']]);
    assert.equal(said(answer).get('MaxBurstLength'), 'Reject');
  });

  it('never throws', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(
        writeText(WHO),
        writeText([...WHO, ['AuthMethod', 'CHAP']]),
        writeText([['CHAP_A', '5']]),
      ),
    );
    const header = fc
      .uint8Array({ minLength: 48, maxLength: 48 })
      .map((bytes) => loginRequest.read(Buffer.from(bytes)));
    const plausible = fc.record({
      transit: fc.boolean(),
      continues: fc.boolean(),
      currentStage: fc.constantFrom(0, 1),
      nextStage: fc.constantFrom(1, 3),
    });
    const any = fc.oneof(header, plausible.map(request));
    fc.assert(
      fc.property(fc.array(fc.tuple(any, text), { maxLength: 5 }), fc.boolean(), (steps, chap) => {
        const login = new Login(chap ? { ...RULES, chap: CHAP } : RULES);
        for (const [head, data] of steps) {
          const answer = login.step(head, data);
          // Nobody comes in without a secret.
          if (chap) assert.notEqual(answer.kind, 'enter');
        }
      }),
      { numRuns: 500 },
    );
  });
});
