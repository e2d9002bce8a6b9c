/* gnuplot_draw: both pictures or none, whatever the user's locale and ~/.gnuplot, and a reason where there is none; and
 * whatever a script says, no program is started and nothing is written.
 *
 * The filter runs no scripts, so the gnuplots that misbehave are this program itself under that name: what it then does
 * stands in the environment.
 */
#include "analysis/gnuplot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOOD    "set terminal svg\nplot x title 'warm °C'\nset terminal pngcairo\nreplot\n"
#define PNG     "\x89PNG\r\n\x1a\n"
#define PNG_END "IEND\xae\x42\x60\x82"

static char home[] = "/tmp/espsim gnuplot's-XXXXXX"; /* a name that a script must not see */

/* ---- gnuplots that misbehave ---- */

static bool is_refused(long answer)
{
    return answer < 0 && (errno == EPERM || errno == ENOSYS);
}

/* Tries all that the filter is there for; 0: every call was refused, else which was not. `files` are in the folder that
 * it stands in. */
static int try_all(void)
{
    char other[] = "/bin/true", *const argv[] = {other, NULL};
    const bool refused[] = {
        is_refused(open("made", O_WRONLY | O_CREAT, 0666)),
        is_refused(open("there", O_WRONLY)),
        is_refused(open("there", O_RDWR)),
        is_refused(open("there", O_RDONLY | O_TRUNC)),
        is_refused(open(".", O_TMPFILE | O_RDWR, 0600)),
        is_refused(creat("made", 0666)),
        is_refused(unlink("there")),
        is_refused(rename("there", "made")),
        is_refused(link("there", "made")),
        is_refused(symlink("there", "made")),
        is_refused(mkdir("made", 0777)),
        is_refused(rmdir("folder")),
        is_refused(truncate("there", 0)),
        is_refused(chmod("there", 0)),
        is_refused(chown("there", getuid(), getgid())),
        is_refused(mkfifo("made", 0666)),
        is_refused(socket(AF_UNIX, SOCK_STREAM, 0)),
        is_refused(execve(argv[0], argv, NULL)),
        is_refused(execveat(AT_FDCWD, argv[0], argv, NULL, 0)),
        is_refused(execveat(open(other, O_PATH), "", argv, NULL, AT_EMPTY_PATH)),
        open("there", O_RDONLY) >= 0,
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!refused[i])
            return (int)i + 1;
    return 0;
}

static void put(const char *octets, size_t len)
{
    if (write(STDOUT_FILENO, octets, len) != (ssize_t)len)
        _exit(9);
}

static int misbehave(const char *how)
{
    if (!strcmp(how, "killed"))
        raise(SIGKILL);
    if (!strcmp(how, "silent"))
        return 1;
    if (!strcmp(how, "no PNG"))
        put("<svg></svg>", 11);
    if (!strcmp(how, "half a PNG"))
        put("<svg></svg>" PNG, 19);
    if (!strcmp(how, "no SVG"))
        put(PNG PNG_END, 16);
    if (!strcmp(how, "talks"))
        for (int i = 0; i < 10000; i++)
            dprintf(STDERR_FILENO, "warning %d\n", i);
    if (!strcmp(how, "tries all")) {
        dprintf(STDERR_FILENO, "not refused: %d\n", try_all());
        return 1;
    }
    static char zeros[1 << 20];
    while (!strcmp(how, "endless"))
        put(zeros, sizeof zeros);
    return 0;
}

/* ---- what we make of them ---- */

static void put_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* All names in the folder, which a script could have made or removed. */
static void list_names(char *names, size_t cap)
{
    struct dirent **entries;
    int n = scandir(".", &entries, NULL, alphasort);
    size_t len = 0;
    names[0] = 0;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            len += (size_t)snprintf(names + len, cap - len, "%s ", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static bool draw(const char *text, struct file_set *to, struct err *e)
{
    FILE *script = gnuplot_begin(e);
    assert_non_null(script);
    fputs(text, script);
    return gnuplot_draw(script, "a/f", to, e);
}

static bool is_installed(void)
{
    return !system("command -v gnuplot >/dev/null"); /* NOLINT: the words are ours */
}

static void draws_in_any_surroundings(void **state)
{
    (void)state;
    if (!is_installed())
        skip();
    struct err e = {""};
    struct file_set set = {0};
    put_file(".gnuplot", "exit status 1\n");
    setenv("LC_ALL", "C", 1);
    FILE *said = tmpfile();
    int err = dup(STDERR_FILENO);
    assert_true(said && err >= 0);
    dup2(fileno(said), STDERR_FILENO);
    bool drawn = draw(GOOD, &set, &e);
    dup2(err, STDERR_FILENO);
    close(err);
    if (!drawn)
        fail_msg("%s", e.text);
    assert_int_equal(lseek(fileno(said), 0, SEEK_END), 0); /* nothing is said to the user */
    fclose(said);
    const struct set_file *svg = file_set_find(&set, "a/f.svg"), *png = file_set_find(&set, "a/f.png");
    assert_true(svg && png && set.n_files == 2);
    assert_non_null(strstr(svg->octets, "warm °C"));
    assert_int_equal(strlen(svg->octets), svg->len);
    assert_memory_equal(png->octets, PNG, 8);
    assert_memory_equal(png->octets + png->len - 8, PNG_END, 8);
    file_set_fini(&set);
}

/* What a script could do before, were a stranger's text in it. */
static void a_script_starts_nothing_and_writes_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "x = system('touch PWNED')\n",
        "system 'touch PWNED'\n",
        "x = `touch PWNED`\n",
        "set label \"`touch PWNED`\"\n",
        "!touch PWNED\n",
        "plot '< touch PWNED; echo 1'\n",
        "set table 'PWNED'\nplot x\nunset table\n",
        "set output 'PWNED'\n",
        "save 'PWNED'\n",
        "set print 'PWNED'\nprint 1\n",
        "set print '| touch PWNED'\nprint 1\nunset print\n",
        "set output '| touch PWNED'\nplot x\n",
        "set fit logfile 'PWNED'\nf(x)=a*x\na=1\n$d << EOD\n1 1\n2 3\n3 2\nEOD\nfit f(x) $d via a\n",
    };
    if (!is_installed())
        skip();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct err e = {""};
        struct file_set set = {0};
        char script[1024];
        snprintf(script, sizeof script, "%s" GOOD, lines[i]);
        draw(script, &set, &e); /* it may fail or go on */
        file_set_fini(&set);
        if (!access("PWNED", F_OK))
            fail_msg("it did: %s", lines[i]);
    }
}

static void gives_no_half_of_a_figure(void **state)
{
    (void)state;
    static const struct {
        const char *what, *gnuplot, *script, *text;
    } rows[] = {
        {"a script that fails at its end", NULL, GOOD "plot nothing_of_that_name\n", "nothing_of_that_name"},
        {"no gnuplot", "", GOOD, "install gnuplot-nox"},
        {"a gnuplot that is ended", "killed", GOOD, "Killed"},
        {"a gnuplot without a word", "silent", GOOD, "nothing said"},
        {"a gnuplot that makes an SVG only", "no PNG", GOOD, "f.png"},
        {"a gnuplot that stops in the PNG", "half a PNG", GOOD, "f.png"},
        {"a gnuplot that makes a PNG only", "no SVG", GOOD, "f.svg"},
        {"a gnuplot that talks", "talks", GOOD, "more than 64 KiB of words"},
        {"a gnuplot that draws for ever", "endless", GOOD, "more than 65536 KiB of pictures"},
        {"a gnuplot that tries all", "tries all", GOOD, "not refused: 0;"},
    };
    char *path = strdup(getenv("PATH")), names[256], own[4096], fake[128];
    bool installed = is_installed();
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
    assert_true(len > 0);
    own[len] = 0;
    snprintf(fake, sizeof fake, "%s/bin/gnuplot", home);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {""};
        struct file_set set = {0};
        if (!rows[i].gnuplot && !installed)
            continue;
        if (rows[i].gnuplot) {
            if (*rows[i].gnuplot && symlink(own, fake) && errno != EEXIST)
                fail_msg("%s: %s", fake, strerror(errno));
            setenv("MISBEHAVE", rows[i].gnuplot, 1);
            *strrchr(fake, '/') = 0;
            setenv("PATH", fake, 1);
            fake[strlen(fake)] = '/';
        }
        bool drawn = draw(rows[i].script, &set, &e);
        setenv("PATH", path, 1);
        unsetenv("MISBEHAVE");
        list_names(names, sizeof names);
        if (drawn || !strstr(e.text, rows[i].text) || set.n_files || strcmp(names, "bin folder there "))
            fail_msg("%s: drawn %d, `%s`, %zu files, and on the disk: %s", rows[i].what, drawn, e.text, set.n_files,
                     names);
    }
    free(path);
}

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(home) || chdir(home) || mkdir("bin", 0777) || mkdir("folder", 0777))
        return -1;
    setenv("HOME", home, 1);
    put_file("there", "x\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -rf \"%s\"", home);
    return system(command); /* NOLINT: the words are ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_in_any_surroundings),
        cmocka_unit_test(a_script_starts_nothing_and_writes_nothing),
        cmocka_unit_test(gives_no_half_of_a_figure),
    };
    const char *how = getenv("MISBEHAVE");
    if (how)
        _exit(misbehave(how)); /* no leak checker, which would want to trace */
    return cmocka_run_group_tests(tests, begin, end);
}
