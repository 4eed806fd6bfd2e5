/**
 * Checks, when imported, that this machine can run ulogcheck at all, and exits with 69 if not. To be imported
 * before anything else: it must work, and be heard, on a Node.js that is too old for the rest.
 */

/** The oldest Node.js that every package in package-lock.json accepts. */
const OLDEST = { major: 20, minor: 19 };

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
  refuse(
    `Node.js ${OLDEST.major}.${OLDEST.minor} or newer is needed, this is ${process.versions.node} (${process.execPath})`,
    'Debian 13 has it: apt install nodejs npm. Elsewhere: https://nodejs.org/en/download',
  );
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  refuse(
    `Linux on x86-64 is needed, this is ${process.platform} on ${process.arch}`,
    'The kernels under test are x86-64 kernels, and their VMs are unpacked from Debian packages for amd64.',
  );
}

/**
 * @param {string} what
 * @param {string} remedy
 */
function refuse(what, remedy) {
  process.stderr.write(`ulogcheck: ${what}\n${remedy}\n`);
  process.exit(69);
}

export {};
