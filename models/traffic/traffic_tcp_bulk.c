#include "models/traffic/traffic_kinds.h"

const struct traffic_kind traffic_tcp_bulk = {
    .m = {"tcp-bulk", "one TCP connection that sends as fast as congestion control lets it",
          "ns-3 BulkSendApplication"},
    .carrier = TRAFFIC_TCP,
};
