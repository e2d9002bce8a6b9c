/* espsim esp encap|decap|explain: packets of a capture through the SAs of a file, and back, and drawn. */
#include "sim/cli/command.h"
#include "sim/cli/esp_sas.h"

#include <stdio.h>
#include <string.h>

static void print_usage(FILE *to)
{
    fputs("Usage: espsim esp encap   --sa FILE --in PCAP --out PCAP [OPTION...]\n"
          "  or:  espsim esp decap   --sa FILE --in PCAP --out PCAP [OPTION...]\n"
          "  or:  espsim esp explain --sa FILE --in PCAP [--packet N]\n"
          "  or:  espsim esp explain --size N --mode MODE --algorithm NAME [--ip 4|6] [--udp]\n"
          "\n"
          "Pass the packets of a capture through ESP, or draw one field by field.\n"
          "`espsim esp WORD --help` tells more of one; see also espsim-esp(1).\n",
          to);
}

int cmd_esp(int argc, char **argv)
{
    const char *op = argc > 1 ? argv[1] : "";
    if (!strcmp(op, "--help") || !strcmp(op, "-?")) {
        print_usage(stdout);
        return CMD_FINE;
    }
    if (!strcmp(op, "encap") || !strcmp(op, "decap") || !strcmp(op, "explain")) {
        char name[64];
        snprintf(name, sizeof name, "%s %s", argv[0], op);
        argv[1] = name;
        return op[1] == 'x' ? cmd_esp_explain(argc - 1, argv + 1) : cmd_esp_pass(argc - 1, argv + 1, op);
    }
    fprintf(stderr, "espsim esp: `%s`: expected encap, decap or explain; see espsim esp --help\n", op);
    return CMD_ASKED_WRONGLY;
}
