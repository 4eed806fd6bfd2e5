import ssh2 from 'ssh2';

/** The keys of one terminal: nobody else can log in, and no other machine can pose as the node. */
export interface SessionKeys {
  /** OpenSSH private key for root's login. */
  readonly userPrivate: string;
  /** One authorized_keys line. */
  readonly userPublic: string;
  /** OpenSSH private host key, laid into the node before sshd is started in it. */
  readonly hostPrivate: string;
  readonly hostPublic: string;
}

/** Makes fresh ed25519 keys; they live in memory and in their node only. */
export function createSessionKeys(): SessionKeys {
  const user = createKeyPair();
  const host = createKeyPair();
  return {
    userPrivate: user.private,
    userPublic: user.public,
    hostPrivate: host.private,
    hostPublic: host.public,
  };
}

/** ssh2 1.17 writes about one private key in 250 that it cannot read back itself; such a pair is thrown away. */
function createKeyPair(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
