import { z } from 'zod';
import type { CacheUsage } from '../cache/index.js';

const packageList = z.array(z.tuple([z.string(), z.string(), z.string()]));
const withPackages = z.object({ packages: packageList });
const withKernel = z.object({ kernel: z.array(z.string()) });
const withContents = z.object({ contents: z.array(z.json()) });

/** Packages that tell what a tree of them is for, the most telling first. */
const TELLING = ['qemu-system-x86', 'mmdebstrap', 'busybox-static'];

/** What an entry of the cache is, in a few words; empty for what this version does not know. */
export function describeEntry({ kind, inputs }: Pick<CacheUsage, 'kind' | 'inputs'>): string {
  switch (kind) {
    case 'kernel': {
      const [first] = withPackages.safeParse(inputs).data?.packages ?? [];
      return first === undefined ? '' : `${first[0]} ${first[1]}`;
    }
    case 'packages': {
      const packages = packageList.safeParse(inputs).data ?? [];
      const telling = TELLING.find((name) => packages.some(([other]) => other === name));
      const main = packages.find(([name]) => name === telling) ?? packages[0];
      return main === undefined ? '' : `${main[0]} ${main[1]}${others(packages.length - 1)}`;
    }
    case 'root-image': {
      const packages = withPackages.safeParse(inputs).data?.packages ?? [];
      const base = packages.find(([name]) => name === 'base-files');
      return base === undefined ? '' : `base-files ${base[1]}${others(packages.length - 1)}`;
    }
    case 'initramfs':
      return withKernel.safeParse(inputs).data?.kernel[0]?.split(' ')[0] ?? '';
    case 'layer': {
      const contents = withContents.safeParse(inputs).data?.contents ?? [];
      const [first, second] = contents;
      if (typeof first === 'string') return `${first} ${typeof second === 'string' ? second : ''}`;
      const paths = contents.flatMap((file) =>
        Array.isArray(file) && typeof file[0] === 'string' ? [file[0]] : [],
      );
      return paths[0] === undefined ? '' : `/${paths[0]}${others(paths.length - 1, 'file')}`;
    }
    default:
      return '';
  }
}

function others(count: number, what = 'package'): string {
  return count <= 0 ? '' : ` and ${count} other ${what}${count === 1 ? '' : 's'}`;
}
