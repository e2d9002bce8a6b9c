/* The exporters: every mode and suite gives files or a reason, with fresh keys, for root only, and sh reads them. */
#include "analysis/export.h"
#include "models/files/place.h"
#include "tests/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct addr host_of[2][3];

static struct export_plan plan_of(const char *mode, const char *suite, int version)
{
    static const char *const v4[] = {"192.0.2.1", "192.0.2.2", "10.1.0.0/24", "10.2.0.0/24"};
    static const char *const v6[] = {"2001:db8::1", "2001:db8::2", "2001:db8:1::/64", "2001:db8:2::/64"};
    const char *const *text = version == 6 ? v6 : v4;
    struct export_plan p = {.scenario = "x.ini",
                            .command = "espsim export x.ini",
                            .mode = mode_get(mode),
                            .replay_window = 64,
                            .link_mtu = 1500};
    struct err e;
    assert_true(suite_parse(suite, &p.suite, &e));
    for (size_t i = 0; i < 2; i++) {
        p.side[i].name = i ? "gw2" : "gw1";
        assert_true(addr_parse(text[i], &p.side[i].wan, &e));
        assert_true(prefix_parse(text[2 + i], &p.side[i].lan, &e));
        for (size_t n = 0; n < 3; n++)
            host_of[i][n] = prefix_host(&p.side[i].lan, 10 + n);
        p.side[i].hosts = host_of[i];
        p.side[i].n_hosts = 2 + i;
    }
    return p;
}

static const struct exporter *exporter_at(size_t i)
{
    return (const struct exporter *)exporter_family.members[i];
}

static const char *const modes[] = {"tunnel", "beet", "transport", "wildcard"};

/* Lines that hold keys: what two exports of one plan must not share. */
static bool holds_key(const char *line)
{
    return strstr(line, " 0x") && (strstr(line, "xfrm state add") || strstr(line, "secret ="));
}

static size_t count(const struct file_set *set, const char *word)
{
    size_t n = 0;
    for (size_t i = 0; i < set->n_files; i++)
        for (const char *at = set->files[i].octets; (at = strstr(at, word)); at++)
            n++;
    return n;
}

static void every_mode_gives_files_or_a_reason(void **state)
{
    (void)state;
    for (size_t x = 0; x < exporter_family.n_members; x++) {
        for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
            struct export_plan p = plan_of(modes[m], "aes-gcm-16-128", 4);
            struct file_set set;
            struct err e = {""};
            bool offered = exporter_offers(exporter_at(x), p.mode);
            assert_int_equal(export_make(exporter_at(x), &p, &set, &e), offered);
            if (offered)
                assert_true(set.n_files >= 2);
            else
                assert_non_null(strstr(e.text, "--to ")); /* what can be installed instead */
            file_set_fini(&set);
        }
    }
}

/* Nothing but what a person can read. */
static void is_text(const struct file_set *set)
{
    for (size_t i = 0; i < set->n_files; i++)
        for (const char *at = set->files[i].octets; *at; at++)
            if ((*at < ' ' && *at != '\n' && *at != '\t') || *at > '~')
                fail_msg("%s: octet 0x%02x", set->files[i].name, (unsigned char)*at);
}

/* What is offered in the place of a refused algorithm is the nearest: it can be exported, and has the same key length.
 */
static void refusal_offers_the_nearest(const struct exporter *x, struct export_plan p, const char *said)
{
    struct suite near;
    struct file_set set;
    struct err e = {""};
    const char *offer = strstr(said, "--set ipsec.algorithm=");
    assert_non_null(offer);
    if (!suite_parse(strchr(offer, '=') + 1, &near, &e) || near.key_len != p.suite.key_len)
        fail_msg("%s: %s", said, e.text);
    const struct encr_alg *asked = p.suite.encr;
    assert_ptr_equal(near.encr, asked->with_iv ? asked->with_iv : asked);
    p.suite = near;
    if (!export_make(x, &p, &set, &e))
        fail_msg("%s: then %s", said, e.text);
    file_set_fini(&set);
}

/* By every exporter, or by none: an implicit IV (RFC 8750), which neither Linux nor strongSwan has, or no integrity. */
static void every_suite_of_the_kernel_is_written(void **state)
{
    (void)state;
    size_t at = 0, n = 0;
    struct suite suite;
    while (suite_next(&at, &suite)) {
        char name[SUITE_NAME_CAP];
        suite_name(&suite, name);
        for (size_t x = 0; x < exporter_family.n_members; x++) {
            struct export_plan p = plan_of(exporter_at(x)->modes[0]->m.name, "aes-gcm-16-128", 4);
            p.suite = suite;
            struct file_set set;
            struct err e = {""};
            bool made = export_make(exporter_at(x), &p, &set, &e);
            if (made != (!strstr(name, "-iiv") && suite_icv_len(&suite)))
                fail_msg("%s, %s: %s", exporter_at(x)->m.name, name, e.text);
            if (!made)
                refusal_offers_the_nearest(exporter_at(x), p, e.text);
            else if (x == 0)
                assert_int_equal(count(&set, "xfrm state add src"), 4);
            is_text(&set);
            n += made;
            file_set_fini(&set);
        }
    }
    assert_true(n > 50);
}

static void sas_are_as_many_as_the_mode_needs(void **state)
{
    (void)state;
    static const struct {
        size_t exporter;
        const char *mode;
        size_t n_sas; /* in all files; 2 hosts in LAN1, 3 in LAN2 */
    } rows[] = {
        {0, "tunnel", 2 * 2},         {0, "beet", 2 * 2 * 6}, {0, "transport", 2 * 2 * 6}, /* each pair on both hosts */
        {1, "wildcard", 2 * (2 + 3)}, {2, "wildcard", 2 * 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct export_plan p = plan_of(rows[i].mode, "chacha20-poly1305-256", 4);
        struct file_set set;
        struct err e;
        assert_true(export_make(exporter_at(rows[i].exporter), &p, &set, &e));
        assert_int_equal(count(&set, "\nxfrm state add src"), rows[i].n_sas);
        file_set_fini(&set);
    }
}

static void both_ends_hold_the_same_sas_with_keys_of_their_own(void **state)
{
    (void)state;
    struct export_plan p = plan_of("tunnel", "aes-gcm-16-256", 6);
    struct file_set set[2];
    struct err e;
    for (size_t i = 0; i < 2; i++)
        assert_true(export_make(exporter_at(0), &p, &set[i], &e));
    size_t n_keys = 0;
    for (char *line = strtok(set[0].files[0].octets, "\n"); line; line = strtok(NULL, "\n")) {
        if (!holds_key(line))
            continue;
        n_keys++;
        assert_non_null(strstr(set[0].files[1].octets, line)); /* the other gateway has the line, too */
        assert_null(strstr(set[1].files[0].octets, line));     /* another export has another key */
    }
    assert_int_equal(n_keys, 2);
    file_set_fini(&set[0]);
    file_set_fini(&set[1]);
}

static const struct place_kind kind = {"export", "--out", true};

static void files_are_for_root_only_and_sh_reads_them(void **state)
{
    (void)state;
    char folder[SCRATCH_CAP];
    assert_true(scratch_folder(folder));
    for (size_t x = 0; x < exporter_family.n_members; x++) {
        for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
            struct export_plan p = plan_of(modes[m], "aes-cbc-128-hmac-sha2-256-128", 4);
            struct file_set set;
            struct err e;
            if (!export_make(exporter_at(x), &p, &set, &e))
                continue;
            assert_true(place_save(folder, &kind, &set, NULL, &e)); /* over the one before */
            for (size_t i = 0; i < set.n_files; i++) {
                char path[512], command[600];
                snprintf(path, sizeof path, "%s/%s", folder, set.files[i].name);
                struct stat st;
                assert_int_equal(stat(path, &st), 0);
                assert_int_equal(st.st_mode & 0777, 0600);
                snprintf(command, sizeof command, "sh -n '%s'", path);
                if (strstr(path, ".sh"))
                    assert_int_equal(system(command), 0); /* NOLINT: a path of our own */
            }
            file_set_fini(&set);
        }
    }
    assert_true(scratch_remove(folder));
}

static void a_folder_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct export_plan p = plan_of("tunnel", "aes-gcm-16-128", 4);
    struct file_set set;
    struct err e = {""};
    assert_true(export_make(exporter_at(0), &p, &set, &e));
    assert_false(place_save("/dev/null/x", &kind, &set, NULL, &e));
    assert_non_null(strstr(e.text, "/dev/null/x"));
    file_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_gives_files_or_a_reason),
        cmocka_unit_test(every_suite_of_the_kernel_is_written),
        cmocka_unit_test(sas_are_as_many_as_the_mode_needs),
        cmocka_unit_test(both_ends_hold_the_same_sas_with_keys_of_their_own),
        cmocka_unit_test(files_are_for_root_only_and_sh_reads_them),
        cmocka_unit_test(a_folder_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
