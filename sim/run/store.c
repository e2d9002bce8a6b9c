#include "sim/run/store.h"

#include "models/files/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool take_line(struct store *s, const char *path, size_t number, char *text, struct err *e)
{
    json_t *line = json_loads(text, 0, NULL);
    json_t *unit = json_object_get(line, "unit");
    bool ok = json_is_integer(unit) && json_integer_value(unit) >= 0;
    uint64_t n = ok ? (uint64_t)json_integer_value(unit) : 0;
    json_decref(line);
    if (!ok) {
        free(text);
        return err_set(e, "%s:%zu: is no line of a sweep's store; name another file", path, number);
    }
    return store_add(s, n, text, e) || err_at(e, "%s:%zu", path, number);
}

static bool take_head(struct store *s, const char *path, const char *text, struct err *e)
{
    json_t *head = json_loads(text, 0, NULL);
    bool ok = json_is_integer(json_object_get(head, "sweep"));
    json_decref(head);
    if (!ok)
        return err_set(e, "%s:1: is no head of a sweep's store; name another file", path);
    s->head = strdup(text);
    return true;
}

/* A last line without its end: a run that was cut while it was written, or one whose end an editor took away. */
static bool take_last(struct store *s, const char *path, size_t number, const char *text, struct err *e)
{
    static const char begins[] = "{\"unit\":";
    size_t len = strlen(text), least = sizeof begins - 1;
    json_t *line = json_loads(text, 0, NULL);
    bool is_whole = json_is_object(line);
    json_decref(line);
    if (number == 1 && is_whole)
        return take_head(s, path, text, e);
    if (is_whole)
        return take_line(s, path, number, strdup(text), e);
    if (number == 1 && !strncmp(text, "{\"sweep\":", 9))
        return err_set(e, "%s: has no whole line of a sweep's store; run its shard again, which goes on where it was",
                       path);
    if (number > 1 && !strncmp(text, begins, len < least ? len : least))
        return true;
    return err_set(e, "%s:%zu: is no %s of a sweep's store; name another file", path, number,
                   number == 1 ? "head" : "line");
}

static bool read_lines(struct store *s, const char *path, FILE *f, struct err *e)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    bool ok = true;
    for (ssize_t len; ok && (len = getline(&line, &cap, f)) > 0;) {
        bool ends = line[len - 1] == '\n';
        line[len - ends] = 0;
        number++;
        if (!ends)
            ok = take_last(s, path, number, line, e);
        else if (number == 1)
            ok = take_head(s, path, line, e);
        else
            ok = take_line(s, path, number, strdup(line), e);
    }
    free(line);
    return ok;
}

bool store_read(struct store *s, const char *path, struct err *e)
{
    struct stat st;
    *s = (struct store){0};
    if (stat(path, &st) && errno == ENOENT)
        return true;
    int fd = file_open(path, FILE_ASKED, e);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    if (!f)
        return false;
    bool ok = read_lines(s, path, f, e);
    fclose(f);
    if (!ok)
        store_fini(s);
    return ok;
}

void store_fini(struct store *s)
{
    struct store_line *line, *next;
    HASH_ITER(hh, s->lines, line, next)
    {
        HASH_DEL(s->lines, line);
        free(line->text);
        free(line);
    }
    free(s->head);
    *s = (struct store){0};
}

static const struct store_line *find(const struct store *s, uint64_t unit)
{
    struct store_line *line;
    HASH_FIND(hh, s->lines, &unit, sizeof unit, line);
    return line;
}

bool store_has(const struct store *s, uint64_t unit)
{
    return find(s, unit) != NULL;
}

bool store_add(struct store *s, uint64_t unit, char *text, struct err *e)
{
    const struct store_line *there = find(s, unit);
    if (there) {
        bool same = !strcmp(there->text, text);
        free(text);
        return same || err_set(e,
                               "run %llu is there with another result; one of the two was made by another version: "
                               "make it again",
                               (unsigned long long)unit);
    }
    struct store_line *line = malloc(sizeof *line);
    assert(line);
    *line = (struct store_line){.unit = unit, .text = text};
    HASH_ADD(hh, s->lines, unit, sizeof line->unit, line);
    return true;
}

static int by_unit(const struct store_line *a, const struct store_line *b)
{
    return (a->unit > b->unit) - (a->unit < b->unit);
}

/* ---- on disk ---------------------------------------------------------------------------------------------------- */

static bool is_store(const char *head, size_t len)
{
    return file_begins(head, len, "{\"sweep\":");
}

static const struct file_kind store_kind = {"a sweep's store", "--out", is_store};

static bool write_sorted(struct store *s, const struct new_file *file, struct err *e)
{
    HASH_SORT(s->lines, by_unit);
    FILE *f = fopen(file->temporary, "w");
    bool ok = f && fprintf(f, "%s\n", s->head) > 0;
    for (const struct store_line *line = s->lines; ok && line; line = line->hh.next)
        ok = fprintf(f, "%s\n", line->text) > 0;
    ok = ok && !fflush(f) && !fsync(fileno(f));
    if (f && fclose(f))
        ok = false;
    return ok || err_set(e, "%s: cannot be written: %s; check the space on its disk", file->asked, strerror(errno));
}

bool store_write(struct store *s, const char *path, struct err *e)
{
    struct new_file file;
    bool ok = new_file_begin(&file, path, &store_kind, e) && write_sorted(s, &file, e) && new_file_finish(&file, e);
    new_file_abandon(&file);
    return ok;
}

static bool cannot(const struct store_file *f, struct err *e)
{
    return err_set(e, "%s: cannot be written: %s; check the space on its disk", f->sorted.asked, strerror(errno));
}

static bool append(const struct store_file *f, const char *text, struct err *e)
{
    char *line;
    int len = asprintf(&line, "%s\n", text);
    if (len < 0)
        abort();
    ssize_t n = write(f->fd, line, (size_t)len);
    bool ok = n == len && !fsync(f->fd);
    if (n >= 0 && n < len)
        errno = ENOSPC; /* of what was written in part nothing else is told; the next command takes it away */
    free(line);
    return ok || cannot(f, e);
}

bool store_append(struct store_file *f, const char *text, struct err *e)
{
    return append(f, text, e);
}

/* A head that was cut while the store was made: there is nothing else in it. */
static bool is_cut_head(const char *path, const char *head)
{
    char *text;
    size_t len;
    if (!file_read(path, FILE_FOUND, &text, &len, NULL))
        return false;
    bool is_cut = len < strlen(head) && !memcmp(text, head, len);
    free(text);
    return is_cut;
}

/* The file as far as it was read, so that what is appended begins a line. */
static bool end_last_line(const struct store_file *f, struct err *e)
{
    struct stat st;
    off_t end;
    char c = 0;
    if (fstat(f->fd, &st))
        return cannot(f, e);
    for (end = st.st_size; end > 0 && pread(f->fd, &c, 1, end - 1) == 1 && c != '\n'; end--)
        ;
    if (end == st.st_size)
        return true;
    char *last = calloc(1, (size_t)(st.st_size - end) + 1);
    assert(last);
    bool ok = pread(f->fd, last, (size_t)(st.st_size - end), end) == st.st_size - end;
    json_t *line = json_loads(last, 0, NULL);
    ok = ok && (line ? write(f->fd, "\n", 1) == 1 : !ftruncate(f->fd, end));
    json_decref(line);
    free(last);
    return ok || cannot(f, e);
}

static bool read_there(struct store_file *f, struct store *s, const char *head, struct err *e)
{
    if (is_cut_head(f->sorted.path, head))
        return (!ftruncate(f->fd, 0) || cannot(f, e)) && append(f, head, e);
    if (!store_read(s, f->sorted.path, e))
        return false;
    if (!s->head || strcmp(s->head, head))
        return err_set(e,
                       "%s: holds another sweep (other scenario, settings, axes or seeds); choose another with --out",
                       f->sorted.asked);
    return end_last_line(f, e);
}

static bool open_locked(struct store_file *f, struct store *s, const char *head, struct err *e)
{
    if (f->sorted.stream >= 0)
        return err_set(e, "%s: is no file, in which a sweep can go on; name one with --out", f->sorted.asked);
    f->fd = open(f->sorted.path,
                 O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (f->sorted.is_there ? 0 : O_CREAT | O_EXCL), 0666);
    if (f->fd < 0)
        return cannot(f, e);
    if (f->sorted.is_there ? !read_there(f, s, head, e) : !append(f, head, e))
        return false;
    if (!s->head)
        s->head = strdup(head);
    return true;
}

bool store_open(struct store_file *f, struct store *s, const char *path, const char *head, struct err *e)
{
    *f = (struct store_file){.fd = -1};
    *s = (struct store){0};
    if (new_file_begin(&f->sorted, path, &store_kind, e) && open_locked(f, s, head, e))
        return true;
    store_fini(s);
    store_close(f, NULL, NULL);
    return false;
}

bool store_close(struct store_file *f, struct store *s, struct err *e)
{
    bool ok = true;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    if (s) {
        new_file_expect(&f->sorted); /* it has grown, through us */
        ok = write_sorted(s, &f->sorted, e) && new_file_finish(&f->sorted, e);
    }
    new_file_abandon(&f->sorted);
    return ok;
}
