/* Writes a made-up result folder for test_report.sh: test_report_fixture FOLDER. Without a folder it tests nothing. */
#include "tests/plausible.h"

#include <stdlib.h>
#include <sys/stat.h>

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *to = fopen(path, "w");
    if (!to || fputs(text, to) < 0 || fclose(to)) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    struct result r = {0};
    struct curves curves[N_PLAUSIBLE_MODES] = {0};
    plausible_result(&r, curves, 1);
    struct episode *e = run_result_add_episode(&r.runs[1]);
    *e = (struct episode){.kind = "collision",
                          .flow = "calls",
                          .place = "gw1",
                          .why = "gw1 takes it for its own SA",
                          .ended_by = "gateway",
                          .spi = 0x2001,
                          .packets = 12,
                          .lost = 12,
                          .from_s = 3,
                          .to_s = 9};
    char *text = result_text(&r);
    mkdir(argv[1], 0777);
    write_file(argv[1], "result.json", text);
    write_file(argv[1], "manifest.json",
               "{\"espsim\": \"0.1.0\", \"command\": [\"espsim\", \"run\", \"scenarios/sat-link.ini\"]}\n");
    free(text);
    for (size_t i = 0; i < N_PLAUSIBLE_MODES; i++) {
        char folder[400];
        snprintf(folder, sizeof folder, "%s/%s", argv[1], curves[i].mode);
        mkdir(folder, 0777);
        text = curves_text(&curves[i]);
        write_file(folder, "series.json", text);
        free(text);
        curves_fini(&curves[i]);
    }
    result_fini(&r);
    return 0;
}
