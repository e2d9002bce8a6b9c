/* gnuplot_draw: both pictures or none, whatever the user's locale and ~/.gnuplot, and a reason where there is none. */
#include "analysis/gnuplot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOOD                                                                                                           \
    "set terminal svg\nset output 'f.svg.new'\nplot x title 'warm °C'\nunset output\n"                                \
    "set terminal pngcairo\nset output 'f.png.new'\nreplot\nunset output\n"

static char home[] = "/tmp/espsim gnuplot's-XXXXXX"; /* a name that a script must not see */

static void put_file(const char *name, const char *text, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path, mode);
}

/* Names in home/out, joined, then removed. */
static void take_names(char *names, size_t cap)
{
    char path[512];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/out", home);
    int n = scandir(path, &entries, NULL, alphasort);
    size_t len = 0;
    names[0] = 0;
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            len += (size_t)snprintf(names + len, cap - len, "%s ", entries[i]->d_name);
        snprintf(path, sizeof path, "%s/out/%s", home, entries[i]->d_name);
        unlink(path);
        free(entries[i]);
    }
    free(entries);
}

static bool draw(const char *text, struct err *e)
{
    char folder[128];
    snprintf(folder, sizeof folder, "%s/out", home);
    FILE *script = gnuplot_begin(e);
    assert_non_null(script);
    fputs(text, script);
    return gnuplot_draw(script, folder, "f", e);
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
    char names[256], path[128], line[4096];
    put_file(".gnuplot", "exit status 1\n", 0644);
    setenv("LC_ALL", "C", 1);
    FILE *said = tmpfile();
    int err = dup(STDERR_FILENO);
    assert_true(said && err >= 0);
    dup2(fileno(said), STDERR_FILENO);
    bool drawn = draw("if (system('locale charmap') ne 'UTF-8') { exit status 1 }\n" GOOD, &e);
    dup2(err, STDERR_FILENO);
    close(err);
    if (!drawn)
        fail_msg("%s", e.text);
    assert_int_equal(lseek(fileno(said), 0, SEEK_END), 0); /* nothing is said to the user */
    fclose(said);
    snprintf(path, sizeof path, "%s/out/f.svg", home);
    FILE *svg = fopen(path, "r");
    assert_non_null(svg);
    bool found = false;
    while (fgets(line, sizeof line, svg))
        found |= strstr(line, "warm °C") != NULL;
    fclose(svg);
    assert_true(found);
    take_names(names, sizeof names);
    assert_string_equal(names, "f.png f.svg ");
}

static void leaves_nothing_half_drawn(void **state)
{
    (void)state;
    static const struct {
        const char *what, *gnuplot, *script, *text;
    } rows[] = {
        {"a script that fails at its end", NULL, GOOD "plot nothing_of_that_name\n", "nothing_of_that_name"},
        {"no gnuplot", "", GOOD, "install gnuplot-nox"},
        {"a gnuplot that is ended", "#!/bin/sh\necho >f.svg.new\nkill -9 $$\n", GOOD, "Killed"},
        {"a gnuplot without a word", "#!/bin/sh\nexit 1\n", GOOD, "nothing said"},
        {"a gnuplot that makes one picture only", "#!/bin/sh\necho >f.svg.new\n", GOOD, "f.png"},
    };
    char *path = strdup(getenv("PATH")), names[256];
    bool installed = is_installed();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {""};
        if (!rows[i].gnuplot && !installed)
            continue;
        if (rows[i].gnuplot && *rows[i].gnuplot)
            put_file("gnuplot", rows[i].gnuplot, 0755);
        if (rows[i].gnuplot)
            setenv("PATH", home, 1);
        bool drawn = draw(rows[i].script, &e);
        setenv("PATH", path, 1);
        take_names(names, sizeof names);
        if (drawn || !strstr(e.text, rows[i].text) || *names)
            fail_msg("%s: drawn %d, `%s`, left: %s", rows[i].what, drawn, e.text, names);
    }
    free(path);
}

static int begin(void **state)
{
    (void)state;
    char out[128];
    if (!mkdtemp(home))
        return -1;
    snprintf(out, sizeof out, "%s/out", home);
    setenv("HOME", home, 1);
    return mkdir(out, 0777);
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
        cmocka_unit_test(leaves_nothing_half_drawn),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
