import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { GuestCommandError, shellQuote } from '../guest/index.js';
import { DISK_LOG, DISK_LOG_BYTES, encodeDiskLog } from '../history/index.js';
import type { Recording } from './recording.js';

/** The disk of a node that keeps the log of its mirrors. */
export class LogDevice {
  #number: string | undefined;

  constructor(
    private readonly recording: Recording,
    /** Device node in the guest. */
    readonly path: string,
    /** Raw image on the host. */
    private readonly image: string,
  ) {}

  /** major:minor of the device, the other form in which a table may name it. */
  async number(): Promise<string> {
    this.#number ??= await this.#succeed(`cat /sys/class/block/${basename(this.path)}/dev`);
    return this.#number;
  }

  /**
   * Reads header and bitmap and records them as image evidence. They are read from the image on the host, not in the
   * guest: only what the guest's caches have given to the disk is there.
   */
  async read(): Promise<void> {
    const number = await this.number();
    const began = this.recording.inHistory(await this.recording.now());
    const bytes = Buffer.alloc(DISK_LOG_BYTES);
    const file = await open(this.image);
    try {
      await file.read(bytes, 0, DISK_LOG_BYTES, 0);
    } finally {
      await file.close();
    }
    const ended = this.recording.inHistory(await this.recording.now());
    this.recording.observe(
      'image',
      DISK_LOG,
      encodeDiskLog({ device: this.path, number, began, ended, bytes }),
    );
  }

  /** Fills the first MiB with bytes that are no log, and puts them on the disk. */
  async spoil(): Promise<void> {
    await this.#succeed(
      `yes spoiled | dd of=${shellQuote(this.path)} bs=1M count=1 iflag=fullblock oflag=direct status=none`,
    );
  }

  /** Makes the first MiB blank. */
  async wipe(): Promise<void> {
    await this.#succeed(`dd if=/dev/zero of=${shellQuote(this.path)} bs=1M count=1 oflag=direct status=none`);
  }

  /** Overwrites the version of the log that lies on the device; a number below 8. */
  async setVersion(version: number): Promise<void> {
    const path = shellQuote(this.path);
    await this.#succeed(
      `printf '\\00${version}' | dd of=${path} bs=1 seek=4 count=1 conv=notrunc,fsync status=none`,
    );
  }

  /** A device of so many sectors over the beginning of this one; returns its node. */
  async truncated(sectors: number): Promise<string> {
    const name = `log-of-${sectors}-sectors`;
    const table = `0 ${sectors} linear ${this.path} 0`;
    await this.#succeed(`DM_DISABLE_UDEV=1 dmsetup create ${name} --table ${shellQuote(table)}`);
    return `/dev/mapper/${name}`;
  }

  async #succeed(script: string): Promise<string> {
    const result = await this.recording.run(script);
    if (result.status !== 0) throw new GuestCommandError(script, result);
    return result.stdout.trim();
  }
}
