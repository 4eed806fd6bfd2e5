/*
 * Table rewriter: preloaded into LVM commands (LD_PRELOAD), it lets mirrors that LVM makes keep their log in the
 * daemon under test, though LVM asks for the kernel's own log only (since 2.03.03; docs/lvm.md).
 *
 * In DM_TABLE_LOAD, on the way to the kernel (N is the number of words that follow it):
 *     core N REGION_SIZE ...          ->  userspace N+2 UUID clustered-core REGION_SIZE ...
 *     disk N MAJ:MIN REGION_SIZE ...  ->  userspace N+2 UUID clustered-disk MAJ:MIN REGION_SIZE ...
 * and in DM_TABLE_STATUS, on the way back, the reverse, so that LVM's comparison of tables and its reading of status
 * lines find what they expect. UUID is what LVM itself took when it still asked for such logs: of a core log the UUID
 * of the mirror's volume, which is that of its device without the "-real" that it has below a snapshot's origin, with
 * "-pvmove" appended for a device that pvmove made; of a disk log the UUID of the log device. With
 * ULOGCHECK_REWRITER_FLUSH=integrated the word integrated_flush follows the UUID, and N grows by one more.
 *
 * A mirror line that is not exactly of this kind goes through untouched. Whatever is done with a mirror's line is
 * appended to the file that ULOGCHECK_REWRITER_LOG names, one JSON object a line:
 *     {"pid":7,"program":"lvcreate","action":"load","device":"vg-lv","uuid":"LVM-..","from":"core ..","to":"userspace .."}
 * with the actions load, table, status (rewritten), and alone (left as it is; "reason" says why).
 *
 * It uses nothing of newer C libraries, so that it loads in every userland; system calls are made directly, so that
 * libdl is not needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char *program_invocation_short_name;

/* Longest line of a table that is handled: a page, as the kernel gives each target of a status. */
#define LINE 4096
/* Longest UUID with the suffix of pvmove. */
#define LOG_UUID (DM_UUID_LEN + sizeof("-pvmove"))

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* Appends `text` as a JSON string, quotes included; what does not fit is cut off. */
static void json_string(char *line, size_t size, const char *text)
{
	size_t at = strlen(line);

	if (at + 2 < size)
		line[at++] = '"';
	for (; *text && at + 8 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			line[at++] = '\\';
		if (c < 0x20)
			at += (size_t)snprintf(line + at, size - at, "\\u%04x", c);
		else
			line[at++] = (char)c;
	}
	line[at++] = '"';
	line[at] = '\0';
}

static void json_field(char *line, size_t size, const char *name, const char *text)
{
	size_t at = strlen(line);

	snprintf(line + at, size - at, ",\"%s\":", name);
	json_string(line, size, text);
}

/* One line of the log; in one write, for several commands may append at a time. */
static void note(const char *action, const struct dm_ioctl *device, const char *from, const char *to_name, const char *to)
{
	const char *path = getenv("ULOGCHECK_REWRITER_LOG");
	char line[3 * LINE];
	int fd, saved = errno;
	size_t length;

	if (!path || !*path)
		return;
	snprintf(line, sizeof(line), "{\"pid\":%ld", (long)getpid());
	json_field(line, sizeof(line) - 4, "program", program_invocation_short_name);
	json_field(line, sizeof(line) - 4, "action", action);
	json_field(line, sizeof(line) - 4, "device", device->name);
	json_field(line, sizeof(line) - 4, "uuid", device->uuid);
	json_field(line, sizeof(line) - 4, "from", from);
	json_field(line, sizeof(line) - 4, to_name, to);
	length = strlen(line);
	line[length++] = '}';
	line[length++] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		if (write(fd, line, length) != (ssize_t)length)
			dprintf(STDERR_FILENO, "table-rewriter: %s: not written: %s\n", path, strerror(errno));
		close(fd);
	} else {
		dprintf(STDERR_FILENO, "table-rewriter: %s: %s\n", path, strerror(errno));
	}
	errno = saved;
}

/* Name and UUID of the device that `request` is about. */
static int look_up(int fd, const struct dm_ioctl *request, struct dm_ioctl *found)
{
	memset(found, 0, sizeof(*found));
	found->version[0] = DM_VERSION_MAJOR;
	found->data_size = sizeof(*found);
	found->data_start = sizeof(*found);
	found->dev = request->dev;
	memcpy(found->name, request->name, sizeof(found->name));
	memcpy(found->uuid, request->uuid, sizeof(found->uuid));
	return kernel_ioctl(fd, DM_DEV_STATUS, found);
}

/* The device with number "MAJ:MIN". */
static int look_up_number(int fd, const char *number, struct dm_ioctl *found)
{
	struct dm_ioctl request;
	unsigned int major, minor;
	int end = 0;

	if (sscanf(number, "%u:%u%n", &major, &minor, &end) != 2 || number[end])
		return -1;
	memset(&request, 0, sizeof(request));
	/* As the kernel encodes device numbers for 64 bits. */
	request.dev = (minor & 0xff) | ((uint64_t)major << 8) | ((uint64_t)(minor & ~0xffu) << 12);
	return look_up(fd, &request, found);
}

/* True for a device of the LV that pvmove works with: "VG-pvmove0". In VG and LV names a hyphen is doubled. */
static int is_pvmove(const char *name)
{
	const char *lv = NULL, *at;

	for (at = name; *at; at++) {
		if (*at != '-')
			continue;
		if (at[1] == '-')
			at++;
		else
			lv = at + 1;
	}
	if (!lv || strncmp(lv, "pvmove", 6) || !lv[6])
		return 0;
	return strspn(lv + 6, "0123456789") == strlen(lv + 6);
}

/* Length of a device's UUID without the suffix of the device that a snapshot's origin lies on. */
static int volume_uuid_length(const char *uuid)
{
	static const char suffix[] = "-real";
	size_t length = strlen(uuid), less = sizeof(suffix) - 1;

	if (length > less && !strcmp(uuid + length - less, suffix))
		length -= less;
	return (int)length;
}

/* The arguments of a log in a mirror's line: its type, how many words follow, and the line behind the number. */
struct log_words {
	char type[16];
	unsigned int count;
	const char *rest;
};

static int read_log_words(const char *line, struct log_words *log)
{
	int end = 0;

	if (sscanf(line, "%15s %u %n", log->type, &log->count, &end) != 2 || !end)
		return -1;
	log->rest = line + end;
	return 0;
}

/*
 * Writes the line that asks the userspace log for the same mirror, and gives NULL; or gives the reason why the line is
 * to be left alone.
 */
static const char *to_userspace(int fd, const struct dm_ioctl *mirror, const char *line, char *out, size_t size)
{
	const char *flush = getenv("ULOGCHECK_REWRITER_FLUSH");
	int integrated = flush && !strcmp(flush, "integrated");
	struct dm_ioctl log_device;
	struct log_words log;
	char uuid[LOG_UUID], number[32];
	int written, is_disk;

	if (flush && !integrated && strcmp(flush, "legacy"))
		return "ULOGCHECK_REWRITER_FLUSH is neither integrated nor legacy";
	if (read_log_words(line, &log))
		return "no log type and number of words at its beginning";
	is_disk = !strcmp(log.type, "disk");
	if (!is_disk && strcmp(log.type, "core"))
		return "its log is neither core nor disk";
	if (log.count < (is_disk ? 2u : 1u))
		return "too few words for its log";
	if (is_disk) {
		if (sscanf(log.rest, "%31s", number) != 1 || look_up_number(fd, number, &log_device))
			return "its log device is no device-mapper device";
		if (!*log_device.uuid)
			return "its log device has no UUID";
		snprintf(uuid, sizeof(uuid), "%s", log_device.uuid);
	} else {
		if (!*mirror->uuid)
			return "the device has no UUID";
		snprintf(uuid, sizeof(uuid), "%.*s%s", volume_uuid_length(mirror->uuid), mirror->uuid,
			 is_pvmove(mirror->name) ? "-pvmove" : "");
	}
	written = snprintf(out, size, "userspace %u %s%s clustered-%s %s", log.count + 2 + (integrated ? 1 : 0), uuid,
			   integrated ? " integrated_flush" : "", log.type, log.rest);
	return written < 0 || (size_t)written >= size ? "the line would be too long" : NULL;
}

/* The reverse, in place: "userspace N UUID [integrated_flush] clustered-X ..." -> "X N-2 ...". */
static const char *table_to_kernel_log(char *line)
{
	struct log_words log;
	char rebuilt[LINE], first[LOG_UUID], word[32];
	unsigned int extra = 2;
	int end = 0;

	if (read_log_words(line, &log) || strcmp(log.type, "userspace"))
		return "its log is not userspace";
	if (sscanf(log.rest, "%136s %31s %n", first, word, &end) != 2 || !end)
		return "no UUID and log type behind userspace";
	if (!strcmp(word, "integrated_flush")) {
		int more = 0;

		extra = 3;
		if (sscanf(log.rest + end, "%31s %n", word, &more) != 1 || !more)
			return "no log type behind integrated_flush";
		end += more;
	}
	if (strcmp(word, "clustered-core") && strcmp(word, "clustered-disk"))
		return "its log type is neither clustered-core nor clustered-disk";
	if (log.count <= extra)
		return "too few words for its log";
	if (snprintf(rebuilt, sizeof(rebuilt), "%s %u %s", word + strlen("clustered-"), log.count - extra,
		     log.rest + end) >= (int)sizeof(rebuilt))
		return "the line is too long";
	/* Always shorter than what it replaces. */
	strcpy(line, rebuilt);
	return NULL;
}

/* In place: "2 DEV DEV SYNC/TOTAL 1 AA N clustered-X ..." -> the same with X. */
static const char *status_to_kernel_log(char *line)
{
	unsigned int legs, skip;
	int end = 0;
	char *at = line;

	if (sscanf(at, "%u %n", &legs, &end) != 1 || !end || legs < 1 || legs > 8)
		return "no number of legs at its beginning";
	at += end;
	/* The legs, how many regions are in sync, the word count and letters of health, and the word count of the log. */
	for (skip = legs + 4; skip; skip--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	if (strncmp(at, "clustered-core", 14) && strncmp(at, "clustered-disk", 14))
		return "its log type is neither clustered-core nor clustered-disk";
	memmove(at, at + strlen("clustered-"), strlen(at + strlen("clustered-")) + 1);
	return NULL;
}

static int is_mirror(const struct dm_target_spec *spec)
{
	return !strncmp(spec->target_type, "mirror", sizeof(spec->target_type));
}

/* The target at `offset` of a request, if it and its line lie within the request. */
static struct dm_target_spec *target_at(struct dm_ioctl *request, size_t offset)
{
	struct dm_target_spec *spec;

	if (offset > request->data_size || request->data_size - offset <= sizeof(*spec))
		return NULL;
	spec = (struct dm_target_spec *)((char *)request + offset);
	return memchr(spec + 1, '\0', request->data_size - offset - sizeof(*spec)) ? spec : NULL;
}

/* DM_TABLE_LOAD. Here `next` counts from the target that it is in. */
static int load(int fd, unsigned long number, struct dm_ioctl *request)
{
	struct dm_ioctl device, *rewritten = NULL;
	size_t offset = request->data_start, size = sizeof(*request) + 8, used;
	struct dm_target_spec *spec, *copy;
	const char *mirror = NULL, *trouble = NULL;
	unsigned int index;
	int result, saved;

	for (index = 0; index < request->target_count; index++, offset += spec->next) {
		spec = target_at(request, offset);
		if (!spec) {
			trouble = "a target does not lie within the request";
			break;
		}
		if (is_mirror(spec))
			mirror = (const char *)(spec + 1);
		/* Targets may lie on one another, so their number says nothing of their size. */
		size += sizeof(*spec) + strlen((const char *)(spec + 1)) + LINE;
	}
	if (!mirror)
		return kernel_ioctl(fd, number, request);
	if (look_up(fd, request, &device)) {
		device = *request;
		trouble = trouble ? trouble : "the kernel does not tell which device it is for";
	}
	if (!trouble && !(rewritten = calloc(1, size)))
		trouble = "no memory";
	if (trouble) {
		note("alone", &device, mirror, "reason", trouble);
		return kernel_ioctl(fd, number, request);
	}
	memcpy(rewritten, request, sizeof(*request));
	rewritten->data_start = used = (sizeof(*request) + 7) & ~(size_t)7;
	for (index = 0, offset = request->data_start; index < request->target_count; index++, offset += spec->next) {
		const char *line, *reason = "";
		char better[LINE];

		spec = target_at(request, offset);
		line = (const char *)(spec + 1);
		if (is_mirror(spec)) {
			reason = to_userspace(fd, &device, line, better, sizeof(better));
			note(reason ? "alone" : "load", &device, line, reason ? "reason" : "to", reason ? reason : better);
		}
		copy = (struct dm_target_spec *)((char *)rewritten + used);
		*copy = *spec;
		strcpy((char *)(copy + 1), reason ? line : better);
		copy->next = (uint32_t)((sizeof(*copy) + strlen((char *)(copy + 1)) + 1 + 7) & ~(size_t)7);
		used += copy->next;
	}
	rewritten->data_size = (uint32_t)used;
	result = kernel_ioctl(fd, number, rewritten);
	/* The answer is the header; the caller's buffer keeps its own measures. */
	rewritten->data_size = request->data_size;
	rewritten->data_start = request->data_start;
	memcpy(request, rewritten, offsetof(struct dm_ioctl, data));
	saved = errno;
	free(rewritten);
	errno = saved;
	return result;
}

/* DM_TABLE_STATUS, after the kernel has answered. Here `next` counts from the beginning of the data. */
static void rewrite_status(struct dm_ioctl *answer)
{
	int is_table = !!(answer->flags & DM_STATUS_TABLE_FLAG);
	size_t offset = answer->data_start;
	unsigned int index;

	if (answer->flags & DM_BUFFER_FULL_FLAG)
		return;
	for (index = 0; index < answer->target_count; index++) {
		struct dm_target_spec *spec = target_at(answer, offset);
		char *line = (char *)(spec + 1), before[LINE];
		const char *reason;

		if (!spec)
			return;
		offset = answer->data_start + spec->next;
		if (!is_mirror(spec) || strlen(line) >= sizeof(before))
			continue;
		strcpy(before, line);
		reason = is_table ? table_to_kernel_log(line) : status_to_kernel_log(line);
		note(reason ? "alone" : is_table ? "table" : "status", answer, before, reason ? "reason" : "to",
		     reason ? reason : line);
	}
}

/* Takes the place of the C library's. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;
	int result;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == DM_TABLE_LOAD)
		return load(fd, request, argument);
	result = kernel_ioctl(fd, request, argument);
	if (request == DM_TABLE_STATUS && result >= 0)
		rewrite_status(argument);
	return result;
}
