#include "analysis/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the filter ---- */

/* The path of the one execveat that is let through: only here does it have this address. */
static const char itself[] = "";

static const struct refusal {
    int call, error;
} refusals[] = {
    /* programs */
    {SCMP_SYS(execve), EPERM},
    {SCMP_SYS(ptrace), EPERM},
    {SCMP_SYS(process_vm_writev), EPERM},
    /* files for writing, beside open and openat with flags that a filter can see */
    {SCMP_SYS(creat), EPERM},
    {SCMP_SYS(openat2), ENOSYS}, /* flags in memory; ENOSYS: libraries then call openat */
    {SCMP_SYS(open_by_handle_at), EPERM},
    {SCMP_SYS(io_uring_setup), ENOSYS}, /* opens what no filter sees */
    {SCMP_SYS(truncate), EPERM},
    /* names */
    {SCMP_SYS(unlink), EPERM},
    {SCMP_SYS(unlinkat), EPERM},
    {SCMP_SYS(rename), EPERM},
    {SCMP_SYS(renameat), EPERM},
    {SCMP_SYS(renameat2), EPERM},
    {SCMP_SYS(mkdir), EPERM},
    {SCMP_SYS(mkdirat), EPERM},
    {SCMP_SYS(rmdir), EPERM},
    {SCMP_SYS(link), EPERM},
    {SCMP_SYS(linkat), EPERM},
    {SCMP_SYS(symlink), EPERM},
    {SCMP_SYS(symlinkat), EPERM},
    {SCMP_SYS(mknod), EPERM},
    {SCMP_SYS(mknodat), EPERM},
    /* owners, rights, attributes */
    {SCMP_SYS(chmod), EPERM},
    {SCMP_SYS(fchmod), EPERM},
    {SCMP_SYS(fchmodat), EPERM},
    {SCMP_SYS(chown), EPERM},
    {SCMP_SYS(fchown), EPERM},
    {SCMP_SYS(lchown), EPERM},
    {SCMP_SYS(fchownat), EPERM},
    {SCMP_SYS(setxattr), EPERM},
    {SCMP_SYS(lsetxattr), EPERM},
    {SCMP_SYS(fsetxattr), EPERM},
    {SCMP_SYS(removexattr), EPERM},
    {SCMP_SYS(lremovexattr), EPERM},
    {SCMP_SYS(fremovexattr), EPERM},
    /* the network */
    {SCMP_SYS(socket), EPERM},
    {SCMP_SYS(socketpair), EPERM},
};

/* Bits of open's flags that write: O_TMPFILE comes with O_RDWR or O_WRONLY. */
static const struct {
    uint64_t mask, value;
} writing[] = {
    {O_ACCMODE, O_WRONLY}, {O_ACCMODE, O_RDWR}, {O_ACCMODE, O_ACCMODE}, {O_CREAT, O_CREAT}, {O_TRUNC, O_TRUNC},
};

static const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);

static int refuse_writing(scmp_filter_ctx filter, int call, unsigned flags)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof writing / sizeof *writing && !failed; i++) {
        const struct scmp_arg_cmp writes = {
            .arg = flags, .op = SCMP_CMP_MASKED_EQ, .datum_a = writing[i].mask, .datum_b = writing[i].value};
        failed = seccomp_rule_add_array(filter, refuse, call, 1, &writes);
    }
    return failed;
}

/* All of execveat but the call of start() on `program`. */
static int refuse_other_programs(scmp_filter_ctx filter, int program)
{
    const struct scmp_arg_cmp others[] = {
        {.arg = 0, .op = SCMP_CMP_NE, .datum_a = (scmp_datum_t)program},
        {.arg = 1, .op = SCMP_CMP_NE, .datum_a = (uintptr_t)itself},
        {.arg = 4, .op = SCMP_CMP_NE, .datum_a = AT_EMPTY_PATH},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others && !failed; i++)
        failed = seccomp_rule_add_array(filter, refuse, SCMP_SYS(execveat), 1, &others[i]);
    return failed;
}

/* Gives the filter; NULL: libseccomp cannot make it, and errno says why. */
static scmp_filter_ctx make_filter(int program)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int failed = filter ? 0 : -ENOMEM;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)refusals[i].error), refusals[i].call, 0);
    if (!failed)
        failed = refuse_writing(filter, SCMP_SYS(open), 1);
    if (!failed)
        failed = refuse_writing(filter, SCMP_SYS(openat), 2);
    if (!failed)
        failed = refuse_other_programs(filter, program);
    if (!failed)
        return filter;
    if (filter)
        seccomp_release(filter);
    errno = -failed;
    return NULL;
}

/* ---- the program ---- */

/* Gives a descriptor of the program in PATH; -1 and errno. Empty folders in PATH, which mean the one we are in, are
 * passed over. */
static int find_program(const char *name)
{
    const char *path = getenv("PATH");
    char *folders = strdup(path ? path : "/usr/local/bin:/usr/bin:/bin"), *rest = folders;
    int fd = -1;
    errno = ENOENT;
    for (char *folder; fd < 0 && rest && (folder = strsep(&rest, ":"));) {
        char file[PATH_MAX];
        struct stat st;
        if (!*folder || snprintf(file, sizeof file, "%s/%s", folder, name) >= (int)sizeof file || stat(file, &st) ||
            !S_ISREG(st.st_mode) || access(file, X_OK))
            continue;
        fd = open(file, O_PATH | O_CLOEXEC);
    }
    int why = errno;
    free(folders);
    errno = why;
    return fd;
}

/* In the child: never comes back. What fails is told through `told`: 0 and errno for the filter, 1 and errno for the
 * program. */
static void start(const struct confined *c, int program, scmp_filter_ctx filter, pid_t parent, int told)
{
    const struct rlimit cpu = {c->cpu_s, c->cpu_s}, core = {0, 0};
    int said[2] = {1, 0};
    bool ok = dup2(c->in, STDIN_FILENO) >= 0 && dup2(c->out, STDOUT_FILENO) >= 0 && dup2(c->err, STDERR_FILENO) >= 0 &&
              !setrlimit(RLIMIT_CPU, &cpu) && !setrlimit(RLIMIT_CORE, &core) && !prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC); /* not by a kernel before 5.11 */
    if (ok && getppid() != parent)                            /* it ended before we asked to end with it */
        _exit(1);
    if (ok) {
        int failed = seccomp_load(filter);
        ok = !failed;
        said[0] = ok;
        errno = ok ? 0 : -failed;
    }
    if (ok)
        syscall(SYS_execveat, program, itself, c->argv, c->environment, AT_EMPTY_PATH);
    said[1] = errno;
    if (write(told, said, sizeof said) < 0)
        _exit(2);
    _exit(1);
}

/* What the child told, if anything, as an error. */
static bool has_started(int told, const char *name, const char *package, struct err *e)
{
    int said[2];
    ssize_t n;
    do
        n = read(told, said, sizeof said);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof said)
        return true;
    if (!said[0])
        return err_set(e,
                       "%s cannot be confined here (seccomp: %s), and is not run unconfined; use a kernel with "
                       "CONFIG_SECCOMP_FILTER",
                       name, strerror(said[1]));
    return err_set(e, "%s cannot be started (%s); install %s", name, strerror(said[1]), package);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static pid_t start_filtered(const struct confined *c, int program, scmp_filter_ctx filter, const char *package,
                            struct err *e)
{
    int told[2];
    if (pipe2(told, O_CLOEXEC)) {
        err_set(e, "%s cannot be started: %s; run it again", c->name, strerror(errno));
        return -1;
    }
    pid_t parent = getpid(), pid = fork();
    if (!pid)
        start(c, program, filter, parent, told[1]);
    int why = errno;
    close(told[1]);
    if (pid < 0) {
        err_set(e, "%s cannot be started: %s; run it again", c->name, strerror(why));
    } else if (!has_started(told[0], c->name, package, e)) {
        reap(pid);
        pid = -1;
    }
    close(told[0]);
    return pid;
}

pid_t confine_start(const struct confined *c, const char *package, struct err *e)
{
    int program = find_program(c->name);
    if (program < 0) {
        err_set(e, "%s cannot be started (%s); install %s", c->name, strerror(errno), package);
        return -1;
    }
    scmp_filter_ctx filter = make_filter(program);
    pid_t pid = -1;
    if (filter)
        pid = start_filtered(c, program, filter, package, e);
    else
        err_set(e, "%s cannot be confined here (seccomp: %s), and is not run unconfined; update libseccomp", c->name,
                strerror(errno));
    if (filter)
        seccomp_release(filter);
    close(program);
    return pid;
}
