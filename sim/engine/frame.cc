#include "sim/engine/frame.h"

#include <cstring>
#include <new>

namespace espsim
{

/* Memory of frames that are gone, by size: thousands are on their way at once and come and go in turn, which is more
 * than malloc keeps at hand. */
namespace
{

constexpr size_t granule = 256, n_sizes = 8;
struct Gone {
    Gone *next;
} * gone[n_sizes];

void *take_memory(size_t size)
{
    size_t granules = (size + granule - 1) / granule;
    if (granules >= n_sizes)
        return ::operator new(size);
    Gone *memory = gone[granules];
    if (!memory)
        return ::operator new(granules *granule);
    gone[granules] = memory->next;
    return memory;
}

void give_memory(void *memory, size_t size)
{
    size_t granules = (size + granule - 1) / granule;
    if (granules >= n_sizes)
        ::operator delete(memory);
    else
        gone[granules] = new (memory) Gone{gone[granules]};
}

} // namespace

Frame *Frame::make(engine *eng, int to, const eng_packet &packet)
{
    Frame *frame = ::new (take_memory(sizeof(Frame) + packet.len)) Frame(eng, to, packet);
    memcpy(frame->octets(), packet.octets, packet.len);
    return frame;
}

void Frame::operator delete(Frame *frame, std::destroying_delete_t)
{
    size_t size = sizeof(Frame) + frame->len;
    frame->~Frame();
    give_memory(frame, size);
}

Frame::Frame(engine *e, int side, const eng_packet &packet)
    : eng(e), to(side), len(packet.len), cookie(packet.cookie), band(packet.band), link_octets(packet.link_octets)
{
}

} // namespace espsim
