/** `func+0x1a/0x2b [module]` at the start of what follows an optional address space or `? `. */
const SYMBOL = /([A-Za-z_][\w.$]*)\+0x[0-9a-f]+\/0x[0-9a-f]+/;
const FRAME = /^\s*(?:\[<[0-9a-f]+>\] )?([A-Za-z_][\w.$]*)\+0x[0-9a-f]+\/0x[0-9a-f]+/;

/**
 * Functions that a report stands in without being about them: how tasks sleep, how warnings are printed, and checks
 * that many callers share. The first function behind them gives the report its name.
 */
const UNINTERESTING = new RegExp(
  `^(?:${[
    '_*dump_stack(?:_lvl)?|show_stack|print_report|kasan_report|panic|_?printk|check_panic_on_warn',
    '__warn|warn_slowpath_\\w+|report_bug|handle_bug|exc_\\w+|asm_exc_\\w+|asm_sysvec_\\w+|die|oops_\\w+',
    '__schedule|_*schedule|schedule_\\w+|io_schedule\\w*|__cond_resched|preempt_schedule\\w*',
    '_*wait_for_common\\w*|wait_for_completion\\w*|_*wait_on_bit\\w*|bit_wait\\w*|out_of_line_wait_on_bit\\w*',
    '_*mutex_lock\\w*|_*down(?:_\\w+)?|rwsem_\\w+|rt_mutex_\\w+|_*raw_spin_lock\\w*|_*folio_lock\\w*',
    'folio_wait_\\w+|wait_on_page_\\w+',
    'refcount_warn_saturate|refcount_\\w+|list_(?:add|del)_\\w+|__list_\\w+|kref_\\w+|debug_print_object',
    'fortify_panic|__fortify_\\w+|usercopy_abort|__ubsan_\\w+|ubsan_epilogue|kmem_cache_\\w+',
    '__might_(?:sleep|resched)|lockdep_\\w+|lock_acquire|__lock_acquire|check_noncircular|print_\\w+',
  ].join('|')})$`,
);

/** The name of a function without what the compiler appended: `mirror_map.cold`, `x.isra.0`. */
function functionName(symbol: string): string {
  return symbol.replace(/\+0x.*$/, '').replace(/\.(?:cold|isra|part|constprop|llvm|lto_priv).*$/, '');
}

function ofInterest(symbol: string | undefined): string | undefined {
  if (symbol === undefined) return undefined;
  const name = functionName(symbol);
  return UNINTERESTING.test(name) ? undefined : name;
}

/** The function of the first symbol in a text, or undefined when it has none, or none that says anything. */
export function functionIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : ofInterest(SYMBOL.exec(text)?.[1]);
}

/**
 * The function that a report is about: where the CPU was (`RIP: 0010:`), else the first reliable frame of the
 * first call trace; frames marked with `?` are leftovers on the stack.
 */
export function culprit(lines: readonly string[], where: 'rip-first' | 'trace-first'): string | undefined {
  const rip = lines.find((line) => /^RIP: (?:0010|e030):/.test(line));
  const frames = lines.map((line) => ofInterest(FRAME.exec(line)?.[1]));
  const traced = frames.find((name) => name !== undefined);
  return where === 'rip-first' ? (functionIn(rip) ?? traced) : (traced ?? functionIn(rip));
}

/** Takes out what differs from one occurrence to the next: addresses, numbers, process ids. */
export function normalised(text: string): string {
  return text
    .trim()
    .replaceAll(/\b(?:0x)?[0-9a-f]{8,16}\b/g, 'ADDR')
    .replaceAll(/\b0x[0-9a-f]+\b/g, 'NUM')
    .replaceAll(/(?<![\w.-])\d+(?![\w.-])/g, 'NUM');
}
