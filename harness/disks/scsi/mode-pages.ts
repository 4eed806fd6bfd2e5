/** The mode pages of a unit and their values (SPC-4, SBC-3). */

/** PAGE CONTROL of MODE SENSE (SPC-4). */
export const PAGE_CONTROL = { current: 0, changeable: 1, defaults: 2, saved: 3 } as const;
export type PageControl = (typeof PAGE_CONTROL)[keyof typeof PAGE_CONTROL];

/** Page codes; none has subpages. */
export const MODE_PAGE = {
  errorRecovery: 0x01,
  disconnect: 0x02,
  caching: 0x08,
  control: 0x0a,
  informationalExceptions: 0x1c,
} as const;

/** PS of the first byte: the page can be saved. */
const SAVABLE = 0x80;

interface PageSpecification {
  /** The whole page with its header of 2 bytes, the second of which is the length of the rest. */
  readonly defaults: Buffer;
  /** Ones where MODE SELECT may change a bit; the header is that of the page. */
  readonly changeable: Buffer;
}

/** A page of zeros but for the bytes given; `changeable` tells the bits of a byte that may be changed. */
function specify(
  code: number,
  length: number,
  values: Record<number, number>,
  changeable: Record<number, number>,
): PageSpecification {
  const build = (bytes: Record<number, number>): Buffer => {
    const page = Buffer.alloc(length);
    page[0] = SAVABLE | code;
    page[1] = length - 2;
    for (const [offset, value] of Object.entries(bytes)) page[Number(offset)] = value;
    return page;
  };
  return { defaults: build(values), changeable: build(changeable) };
}

/** WCE of the caching page, byte 2. */
const WCE = 0x04;
/** D_SENSE of the control page, byte 2. */
const D_SENSE = 0x04;
/** SWP of the control page, byte 4. */
const SWP = 0x08;

/**
 * In the order in which page 3Fh tells them. Error recovery: AWRE and ARRE; caching (20 bytes): WCE, which can be
 * changed where there is a cache; control (12): unrestricted reordering, D_SENSE and SWP can be changed, busy
 * time-out unlimited; informational exceptions (12): DEXCPT, that is, none are ever reported.
 */
const specifications = (volatileCache: boolean): readonly PageSpecification[] => [
  specify(MODE_PAGE.errorRecovery, 12, { 2: 0xc0 }, {}),
  specify(MODE_PAGE.disconnect, 16, {}, {}),
  specify(MODE_PAGE.caching, 20, volatileCache ? { 2: WCE } : {}, volatileCache ? { 2: WCE } : {}),
  specify(MODE_PAGE.control, 12, { 3: 0x10, 8: 0xff, 9: 0xff }, { 2: D_SENSE, 4: SWP }),
  specify(MODE_PAGE.informationalExceptions, 12, { 2: 0x08 }, {}),
];

interface Page extends PageSpecification {
  current: Buffer;
  saved: Buffer;
}

/** What MODE SELECT wants a page to be. */
export interface PageChange {
  readonly code: number;
  readonly page: Buffer;
}

/** The mode pages of one unit: current, changeable, default and saved values (SPC-4, MODE SENSE and MODE SELECT). */
export class ModePages {
  readonly #pages = new Map<number, Page>();

  /** `volatileCache`: there is a cache, and WCE is on by default. */
  constructor(volatileCache: boolean) {
    for (const specification of specifications(volatileCache)) {
      const { defaults } = specification;
      const code = defaults.readUInt8(0) & 0x3f;
      this.#pages.set(code, {
        ...specification,
        current: Buffer.from(defaults),
        saved: Buffer.from(defaults),
      });
    }
  }

  /** Writes stay in the volatile cache. */
  get writeCacheEnabled(): boolean {
    return this.#has(MODE_PAGE.caching, 2, WCE);
  }

  /** Sense data is told in descriptor format. */
  get descriptorSense(): boolean {
    return this.#has(MODE_PAGE.control, 2, D_SENSE);
  }

  /** Software write protection. */
  get writeProtected(): boolean {
    return this.#has(MODE_PAGE.control, 4, SWP);
  }

  /** One page, or all for 3Fh; undefined if there is none of that code. */
  tell(code: number, control: PageControl): Buffer | undefined {
    if (code === 0x3f) {
      return Buffer.concat([...this.#pages.values()].map((page) => valuesOf(page, control)));
    }
    const page = this.#pages.get(code);
    return page === undefined ? undefined : valuesOf(page, control);
  }

  /**
   * The first byte of a page, as MODE SELECT sends it, that cannot be what it should become; undefined if all can.
   * The PS bit is reserved there and not looked at.
   */
  offence({ code, page: wanted }: PageChange): number | undefined {
    const page = this.#pages.get(code);
    if (page === undefined || wanted.length !== page.current.length) return 0;
    const at = wanted.findIndex(
      (byte, offset) =>
        offset >= 2 && ((byte ^ (page.current[offset] ?? 0)) & ~(page.changeable[offset] ?? 0)) !== 0,
    );
    return at < 0 ? undefined : at;
  }

  /** Bytes of the page with its header; undefined if there is none of that code. */
  length(code: number): number | undefined {
    return this.#pages.get(code)?.current.length;
  }

  /** Takes changes that cause no {@link offence}. True if a value is another one now. */
  change(changes: readonly PageChange[], save: boolean): boolean {
    let changed = false;
    for (const { code, page: wanted } of changes) {
      const page = this.#pages.get(code);
      if (page === undefined) continue;
      const next = Buffer.from(page.current);
      wanted.copy(next, 2, 2);
      changed ||= !next.equals(page.current);
      page.current = next;
      if (save) page.saved = Buffer.from(next);
    }
    return changed;
  }

  /** A reset or power on: the saved values are current again. */
  reset(): void {
    for (const page of this.#pages.values()) page.current = Buffer.from(page.saved);
  }

  #has(code: number, offset: number, mask: number): boolean {
    return ((this.#pages.get(code)?.current[offset] ?? 0) & mask) !== 0;
  }
}

function valuesOf(page: Page, control: PageControl): Buffer {
  switch (control) {
    case PAGE_CONTROL.current:
      return page.current;
    case PAGE_CONTROL.changeable:
      return page.changeable;
    case PAGE_CONTROL.defaults:
      return page.defaults;
    case PAGE_CONTROL.saved:
      return page.saved;
  }
}
