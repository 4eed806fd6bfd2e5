/** Walks the commands of one drive in the order of their effects, and judges each answer (spec idm 6). */
import type { DiskCommandEvent, DiskEvent } from '../../history/index.js';
import { DriveModel } from './drive-model.js';
import { compareFrame, compareVersion, type Mismatch } from './listing.js';
import type { LockProfile } from './profile.js';
import type { Outcome } from './step.js';
import { weightOf, type RuleId } from './vocabulary.js';
import { answerOf, blocksOf, commandOf, type Command, type Heard } from './wire.js';

/** A rule that a drive broke. */
export interface DriveDeviation extends Mismatch {
  readonly weight: ReturnType<typeof weightOf>;
  readonly drive: string;
  /** Number of the event that shows it. */
  readonly event: number;
}

/** One drive. */
export class DriveReplay {
  readonly model: DriveModel;
  readonly found: (DriveDeviation & { readonly place: number })[] = [];
  judged = 0;
  /** A session ended or a reset came, and nothing has shown since that the table survived it (IDM-61). */
  #disturbed = false;
  /** By `key host`: the session of the host's last operation, and when its last grant was answered. */
  readonly #sessions = new Map<string, string>();
  readonly #granted = new Map<string, number>();

  constructor(
    readonly drive: string,
    private readonly profile: LockProfile,
  ) {
    this.model = new DriveModel(profile);
  }

  disturb(event: Extract<DiskEvent, { kind: 'disk-nexus' | 'disk-reset' }>): void {
    if (event.kind === 'disk-reset' || event.what === 'ended') this.#disturbed = true;
  }

  command(event: DiskCommandEvent): void {
    const command = commandOf(
      event.cdb,
      event.direction,
      event.dataOut.bytes ?? new Uint8Array(0),
      this.profile.legacyAliases,
    );
    if (command === undefined || event.at === null) return;
    const heard =
      event.outcome === 'status' ? answerOf(event.status, event.sense, this.profile.newerSense) : 'unheard';
    // A unit attention: the command did not reach the mutexes.
    if (heard === undefined) return;
    this.judged += 1;
    if (heard === 'unheard') this.#unheard(command, event.at);
    else this.#heard(command, heard, event, event.at);
  }

  /** It took effect, and nobody saw the answer. */
  #unheard(command: Command, at: bigint): void {
    if (command.kind === 'wipe') this.model.clear('IDM-13');
    if (command.kind !== 'op') return;
    const key = `${String(command.group)}/${command.resource}`;
    if (!this.model.isLost(key)) this.model.settle(key, this.model.outcomes(key, command.call, at));
  }

  #heard(command: Command, heard: Heard, event: DiskCommandEvent, at: bigint): void {
    if (heard.flaw !== undefined && event.fault === null)
      this.#report(event, { rule: heard.flaw, expected: 'the exact sense', seen: hex(event.sense) });
    switch (command.kind) {
      case 'op':
        this.#operation(command, heard, event, at);
        return;
      case 'wipe':
        if (heard.answer === 'GOOD') this.model.clear('IDM-13');
        else this.#expect(heard, 'IDM-13', 'GOOD', event);
        return;
      case 'bad-op':
        if (heard.answer !== 'check') this.#expect(heard, 'IDM-15', 'CHECK CONDITION', event);
        return;
      case 'no-direction':
        if (heard.answer !== 'check') this.#expect(heard, 'IDM-04', 'CHECK CONDITION', event);
        return;
      case 'malformed':
        return;
      case 'list':
        if (heard.answer !== 'GOOD') this.#expect(heard, this.#readRule(command.group, event), 'GOOD', event);
        else this.#list(command.group, command.blocks, event, at);
        return;
      case 'counts':
        if (heard.answer !== 'GOOD') this.#expect(heard, 'IDM-11', 'GOOD', event);
        else this.#counts(event);
        return;
      case 'version':
        if (heard.answer !== 'GOOD') this.#expect(heard, 'IDM-14', 'GOOD', event);
        else
          for (const mismatch of compareVersion(event.dataIn.bytes, command.room, this.profile.majorVersion))
            this.#report(event, mismatch);
    }
  }

  #operation(
    { group, resource, call }: Extract<Command, { kind: 'op' }>,
    heard: Heard,
    event: DiskCommandEvent,
    at: bigint,
  ): void {
    const key = `${String(group)}/${resource}`;
    const { model } = this;
    if (model.isLost(key)) return;
    if (event.dataIn.length > 0) {
      const seen = `${String(event.dataIn.length)} bytes of data-in`;
      this.#report(event, { rule: 'IDM-04', expected: `${call.op}, for data goes out`, seen });
      model.lose(key);
      return;
    }
    const allowed = model.outcomes(key, call, at);
    const before = model.possible(key);
    // What a fault did to the answer is not the drive's doing.
    if (event.fault !== null) {
      model.settle(key, allowed);
      return;
    }
    const came = allowed.filter(({ answer }) => answer === heard.answer);
    if (came.length > 0) {
      const ifEmpty = model.outcomesIfEmpty(call, at).map(({ answer }) => answer);
      if (before.every(({ kind }) => kind !== 'absent') && !ifEmpty.includes(heard.answer))
        this.#disturbed = false;
      model.settle(key, came);
      this.#sessions.set(`${key} ${call.host}`, sessionOf(event));
      if (heard.answer === 'GOOD') this.#granted.set(`${key} ${call.host}`, event.answered);
      return;
    }
    const rule = this.#ruleFor(key, allowed, heard, event, call.host, () =>
      model.outcomesIfEmpty(call, at).map(({ answer }) => answer),
    );
    const answers = [...new Set(allowed.map(({ answer }) => answer))].join(' or ');
    this.#report(event, {
      rule,
      expected: `${answers} to ${call.op} of ${short(resource)} by ${short(call.host)}`,
      seen: heard.answer,
    });
    model.lose(key);
  }

  /** The rule that a wrong answer breaks. */
  #ruleFor(
    key: string,
    allowed: readonly Outcome[],
    { answer }: Heard,
    event: DiskCommandEvent,
    host: string,
    ifEmpty: () => readonly string[],
  ): RuleId {
    const rule = allowed[0]?.rule ?? 'IDM-22';
    if (answer === 'BUSY') return 'IDM-18';
    // Refused as no operation that the drive knows.
    if (answer === 'check') return misleads(event) ? 'IDM-04' : 'IDM-01';
    if (['40', '41', '42'].includes(answer)) return 'IDM-60';
    const present = this.model.possible(key).every(({ kind }) => kind !== 'absent');
    const session = this.#sessions.get(`${key} ${host}`);
    const elsewhere = session !== undefined && session !== sessionOf(event);
    if (present && (this.#disturbed || elsewhere) && ifEmpty().includes(answer)) return 'IDM-61';
    if (answer === 'GOOD' && (rule === 'IDM-24' || rule === 'IDM-26') && this.#overlaps(key, event))
      return 'IDM-62';
    return rule;
  }

  /** True when the command was under way when the present holders were granted the mutex. */
  #overlaps(key: string, { arrived }: DiskCommandEvent): boolean {
    const holders = this.model.possible(key).flatMap((state) => (state.kind === 'held' ? state.holders : []));
    return holders.some(({ host }) => arrived < (this.#granted.get(`${key} ${host}`) ?? -1));
  }

  /** The rule that a refused read breaks. */
  #readRule(group: number, event: DiskCommandEvent): RuleId {
    if (event.cdb[0] === 0xf0 && event.cdb[1] !== 0x01) return 'IDM-04';
    return this.model.entries(group).most === 0 ? 'IDM-10' : 'IDM-02';
  }

  #list(group: number, asked: number, event: DiskCommandEvent, at: bigint): void {
    const blocks = blocksOf(event.dataIn.bytes ?? new Uint8Array(0));
    const { anyPadding } = this.profile;
    const frame = compareFrame(blocks, { asked, room: event.expectedLength, anyPadding });
    for (const mismatch of frame) this.#report(event, mismatch);
    if (frame.length > 0) return;
    const found = this.model.list(group, blocks, at);
    for (const { key, ...mismatch } of found) {
      const gone = mismatch.seen === 'none' && mismatch.rule !== 'IDM-06' && this.#disturbed;
      this.#report(event, gone ? { ...mismatch, rule: 'IDM-61' } : mismatch);
      if (key !== '') this.model.lose(key);
    }
    if (found.length === 0 && this.model.entries(group).least > 0) this.#disturbed = false;
  }

  #counts(event: DiskCommandEvent): void {
    const bytes = Buffer.from(event.dataIn.bytes ?? new Uint8Array(0));
    if (bytes.length < 512) return;
    const compare = (
      rule: RuleId,
      name: string,
      seen: number,
      { least, most }: { least: number; most: number },
    ) => {
      if (seen >= least && seen <= most) return;
      const expected = least === most ? String(least) : `${String(least)} to ${String(most)}`;
      const mismatch = { expected: `${expected} entries ${name}`, seen: String(seen) };
      this.#report(event, { rule: this.#disturbed && seen < least ? 'IDM-61' : rule, ...mismatch });
    };
    compare('IDM-11', 'of the drive', bytes.readUInt16BE(0), this.model.entries());
    for (let group = 1; group < 255; group += 1)
      compare(
        'IDM-12',
        `of group ${String(group)}`,
        bytes.readUInt16BE(2 * group),
        this.model.entries(group),
      );
  }

  #expect({ answer }: Heard, rule: RuleId, expected: string, event: DiskCommandEvent): void {
    if (event.fault === null) this.#report(event, { rule, expected, seen: answer });
  }

  #report(event: DiskCommandEvent, mismatch: Mismatch): void {
    const { rule, expected, seen } = mismatch;
    const place = event.executed ?? 0;
    this.found.push({
      rule,
      expected,
      seen,
      weight: weightOf(rule),
      drive: this.drive,
      event: event.n,
      place,
    });
  }
}

/** Byte 1 looks like that of a read. */
const misleads = ({ cdb }: DiskCommandEvent) => cdb[0] === 0xf0 && ((cdb[1] ?? 0) & 0xf) !== 0;
const sessionOf = ({ initiator, isid, login }: DiskCommandEvent) => `${initiator} ${isid} ${String(login)}`;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** An id for messages: hex without the zeros that it begins with. */
const short = (id: string) => id.replace(/^(00)+(?=..)/, '');
