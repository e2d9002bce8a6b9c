/* export.c - the exporters' table, and a set of files on its way to a folder. */
#include "analysis/export.h"
#include "analysis/export_part.h"
#include "analysis/exporters.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct member *const members[] = {
    &exporter_ip_xfrm.m,
    &exporter_nft.m,
    &exporter_tc_bpf.m,
    &exporter_strongswan.m,
};

const struct family exporter_family = {"exporter", "ways to configure real Linux gateways (espsim export --to)",
                                       members, sizeof members / sizeof *members};

bool exporter_offers(const struct exporter *x, const struct mode *mode)
{
    for (size_t i = 0; x->modes[i]; i++)
        if (x->modes[i] == mode)
            return true;
    return false;
}

/* An algorithm that a real gateway has, or should have; else the nearest that it may have. */
static bool suite_is_real(const struct suite *s, struct err *why)
{
    struct suite near = *s;
    char name[SUITE_NAME_CAP];
    if (!suite_icv_len(s)) {
        near.integ = (const struct integ_alg *)family_get(&integ_family, "hmac-sha2-256-128");
        return err_set(why,
                       "an algorithm without integrity is for measuring, not for a real gateway (RFC 4303 section "
                       "3.2); with one behind it: --set ipsec.algorithm=%s",
                       suite_name(&near, name));
    }
    if (s->encr->kernel)
        return true;
    near.encr = s->encr->with_iv;
    if (!near.encr)
        return err_set(why, "neither Linux nor strongSwan has this algorithm; --set ipsec.algorithm=aes-gcm-16-128");
    return err_set(why,
                   "neither Linux nor strongSwan has this algorithm (the IV implied by the sequence number, RFC 8750); "
                   "with the IV in the packet: --set ipsec.algorithm=%s",
                   suite_name(&near, name));
}

/* What any exporter can install; else why not, and what can be. */
static bool can_be_exported(const struct export_plan *p, struct err *why)
{
    if (!p->mode->esp)
        return err_set(why, "there is nothing to install: plain packets need no SA; --mode tunnel, beet, transport or "
                            "wildcard");
    if (!suite_is_real(&p->suite, why))
        return false;
    if (p->replay_window > EXPORT_REPLAY_MAX)
        return err_set(why, "Linux keeps replay windows of %d packets at most; --set ipsec.replay_window=%d",
                       EXPORT_REPLAY_MAX, EXPORT_REPLAY_MAX);
    if (p->esn && p->replay_window == 0)
        return err_set(why, "Linux takes extended sequence numbers only with a replay window; "
                            "--set ipsec.replay_window=128");
    if (p->tfc)
        return err_set(why, "TFC padding of a fixed number of octets can't be set by ip xfrm or swanctl; "
                            "--set ipsec.tfc=0B");
    return true;
}

/* The same for one exporter. */
static bool can_export(const struct exporter *x, const struct export_plan *p, struct err *why)
{
    if (!can_be_exported(p, why))
        return false;
    const char *refusal = x->refusal(p);
    if (!refusal && !exporter_offers(x, p->mode))
        refusal = "no such thing can be installed; see `espsim list exporter`";
    return !refusal || err_set(why, "%s", refusal);
}

bool export_make(const struct exporter *x, const struct export_plan *p, struct export_set *set, struct err *e)
{
    *set = (struct export_set){0};
    if (!can_export(x, p, e))
        return err_at(e, "--to %s --mode %s", x->m.name, p->mode->m.name);
    if (x->write(p, set, e))
        return true;
    export_fini(set);
    return false;
}

void export_fini(struct export_set *set)
{
    for (size_t i = 0; i < set->n_files; i++) {
        free(set->files[i].name);
        OPENSSL_cleanse(set->files[i].text, strlen(set->files[i].text)); /* keys */
        free(set->files[i].text);
    }
    free(set->files);
    *set = (struct export_set){0};
}

/* A file is never readable for others, not even for a moment. */
static bool write_temporary(const struct export_file *file, int folder, const char *temporary)
{
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool whole = fputs(file->text, f) >= 0;
    return fclose(f) == 0 && whole;
}

enum { TEMPORARY_CAP = 320 };

static const char *temporary_name(const struct export_file *file, char name[TEMPORARY_CAP])
{
    snprintf(name, TEMPORARY_CAP, ".%s.%ld", file->name, (long)getpid());
    return name;
}

static const char remedy[] = "--out names a folder to make or to write into";

/* The folders above as anybody makes them, the last one for its owner alone. */
static bool make_folder(const char *folder, struct err *e)
{
    char *path = strdup(folder);
    if (!path)
        return err_set(e, "out of memory");
    for (char *end = path + strlen(path); end > path + 1 && end[-1] == '/'; end--)
        end[-1] = 0;
    bool made = true;
    for (char *slash = strchr(path + (*path != 0), '/'); made && slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        made = mkdir(path, 0777) == 0 || errno == EEXIST || err_set(e, "%s: %s; %s", path, strerror(errno), remedy);
        *slash = '/';
    }
    if (made)
        made = mkdir(path, 0700) == 0 || errno == EEXIST || err_set(e, "%s: %s; %s", path, strerror(errno), remedy);
    free(path);
    return made;
}

bool export_save(const struct export_set *set, const char *folder, struct err *e)
{
    if (!make_folder(folder, e))
        return false;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, "%s: %s; %s", folder, strerror(errno), remedy);

    char temporary[TEMPORARY_CAP];
    bool saved = true;
    size_t n = 0; /* the files that have a temporary */
    for (; saved && n < set->n_files; n++)
        if (!write_temporary(&set->files[n], fd, temporary_name(&set->files[n], temporary)))
            saved = err_set(e, "%s/%s: %s; %s", folder, set->files[n].name, strerror(errno), remedy);
    for (size_t i = 0; i < n; i++) {
        temporary_name(&set->files[i], temporary);
        if (saved && renameat(fd, temporary, fd, set->files[i].name) != 0)
            saved = err_set(e, "%s/%s: %s; %s", folder, set->files[i].name, strerror(errno), remedy);
        if (!saved)
            unlinkat(fd, temporary, 0);
    }
    close(fd);
    return saved;
}
