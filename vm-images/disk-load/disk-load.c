/*
 * Reads or writes a disk for some time, and prints how often it could and how long each took.
 *
 * Usage: disk-load DEVICE read|write random|sequential BYTES DEPTH SPAN MILLISECONDS
 * BYTES: of each operation, a multiple of 4096; SPAN: only so many bytes of the device, from its beginning, are used;
 * DEPTH operations are under way at a time. Past the page cache (O_DIRECT), by Linux's own asynchronous I/O, so that a
 * depth of 8 needs no threads. Prints a line of numbers: operations, elapsed ns, and of the times of single operations the
 * median, the 99th percentile and the longest, ns.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST_DEPTH 64
/* More operations than these are counted; the percentiles are of the first ones. */
#define MOST_TIMES (1 << 20)

static void fail(const char *what)
{
	fprintf(stderr, "disk-load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static struct iocb blocks[MOST_DEPTH];
	static uint64_t begun[MOST_DEPTH];
	struct io_event events[MOST_DEPTH];
	aio_context_t context = 0;
	/* Always the same places, in the same order. */
	uint64_t seed = 88172645463325252u, position = 0, count = 0, sent = 0, places, started, until, ended;
	uint64_t *times;
	int device, writes, sequential, depth, under_way = 0;
	long bytes;

	if (argc != 8) {
		fprintf(stderr, "usage: disk-load DEVICE read|write random|sequential BYTES DEPTH SPAN MILLISECONDS\n");
		return 2;
	}
	writes = strcmp(argv[2], "write") == 0;
	sequential = strcmp(argv[3], "sequential") == 0;
	bytes = atol(argv[4]);
	depth = atoi(argv[5]);
	if (bytes < 4096 || bytes % 4096 != 0 || depth < 1 || depth > MOST_DEPTH) {
		errno = EINVAL;
		fail("BYTES or DEPTH");
	}
	places = (uint64_t)atoll(argv[6]) / (uint64_t)bytes;
	if (places == 0) {
		errno = EINVAL;
		fail("SPAN");
	}
	device = open(argv[1], (writes ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (device < 0)
		fail(argv[1]);
	times = calloc(MOST_TIMES, sizeof(*times));
	if (times == NULL || syscall(SYS_io_setup, depth, &context) != 0)
		fail("io_setup");
	for (int slot = 0; slot < depth; slot++) {
		void *data;

		errno = posix_memalign(&data, 4096, (size_t)bytes);
		if (errno != 0)
			fail("memory");
		memset(data, 'a' + slot, (size_t)bytes);
		blocks[slot].aio_data = (uint64_t)slot;
		blocks[slot].aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		blocks[slot].aio_fildes = (uint32_t)device;
		blocks[slot].aio_buf = (uint64_t)(uintptr_t)data;
		blocks[slot].aio_nbytes = (uint64_t)bytes;
		events[slot].data = (uint64_t)slot;
	}
	started = now();
	until = started + (uint64_t)atoll(argv[7]) * 1000000u;
	for (long ready = depth;;) {
		uint64_t at = now();

		for (long event = 0; event < ready; event++) {
			uint64_t slot = events[event].data;
			struct iocb *block = &blocks[slot];

			if (at >= until && sent > 0)
				continue;
			if (sequential) {
				position = sent % places;
			} else {
				seed ^= seed << 13;
				seed ^= seed >> 7;
				seed ^= seed << 17;
				position = seed % places;
			}
			block->aio_offset = (int64_t)(position * (uint64_t)bytes);
			begun[slot] = at;
			if (syscall(SYS_io_submit, context, 1L, &block) != 1)
				fail("io_submit");
			sent++;
			under_way++;
		}
		if (under_way == 0)
			break;
		ready = syscall(SYS_io_getevents, context, 1L, (long)depth, events, NULL);
		if (ready < 1)
			fail("io_getevents");
		at = now();
		for (long event = 0; event < ready; event++) {
			if (events[event].res != bytes) {
				errno = events[event].res < 0 ? (int)-events[event].res : EIO;
				fail(writes ? "write" : "read");
			}
			if (count < MOST_TIMES)
				times[count] = at - begun[events[event].data];
			count++;
			under_way--;
		}
	}
	ended = now();
	{
		uint64_t known = count < MOST_TIMES ? count : MOST_TIMES;

		qsort(times, known, sizeof(*times), by_value);
		printf("%llu %llu %llu %llu %llu\n", (unsigned long long)count, (unsigned long long)(ended - started),
		       (unsigned long long)times[known / 2], (unsigned long long)times[known - 1 - known / 100],
		       (unsigned long long)times[known - 1]);
	}
	return 0;
}
