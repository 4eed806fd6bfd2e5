/** The record of a search, below its `--out`. */
export const BISECT_FILE = 'bisect.json';
/** Holds what the runs of a search left: a directory for each kernel that was judged. */
export const STEPS_DIRECTORY = 'steps';
