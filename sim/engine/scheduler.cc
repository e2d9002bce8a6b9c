#include "sim/engine/scheduler.h"

#include <algorithm>
#include <cassert>

namespace espsim
{

uint64_t Scheduler::horizon = UINT64_MAX;
uint64_t Scheduler::now;

ns3::TypeId Scheduler::GetTypeId()
{
    static ns3::TypeId type = ns3::TypeId("espsim::Scheduler").SetParent<ns3::Scheduler>().AddConstructor<Scheduler>();
    return type;
}

/* Four children a node: half the depth of two, and children that share a cache line or two. */
static constexpr size_t fan_out = 4;

/* Moves the hole at `at` towards the root until `event` fits into it. */
void Scheduler::rise(size_t at, const Event &event)
{
    while (at > 0) {
        size_t parent = (at - 1) / fan_out;
        if (m_heap[parent].key < event.key)
            break;
        m_heap[at] = m_heap[parent];
        at = parent;
    }
    m_heap[at] = event;
}

/* Moves the hole at `at` away from the root until `event` fits into it. */
void Scheduler::sink(size_t at, const Event &event)
{
    for (;;) {
        size_t first = fan_out * at + 1, end = std::min(first + fan_out, m_heap.size());
        if (first >= end)
            break;
        size_t least = first;
        for (size_t child = first + 1; child < end; child++)
            if (m_heap[child].key < m_heap[least].key)
                least = child;
        if (event.key < m_heap[least].key)
            break;
        m_heap[at] = m_heap[least];
        at = least;
    }
    m_heap[at] = event;
}

void Scheduler::Insert(const Event &event)
{
    m_heap.push_back(event);
    rise(m_heap.size() - 1, event);
}

bool Scheduler::IsEmpty() const
{
    return m_heap.empty() || m_heap.front().key.m_ts > horizon;
}

Scheduler::Event Scheduler::PeekNext() const
{
    return m_heap.front();
}

Scheduler::Event Scheduler::RemoveNext()
{
    Event next = m_heap.front(), last = m_heap.back();
    now = next.key.m_ts;
    m_heap.pop_back();
    if (!m_heap.empty())
        sink(0, last);
    return next;
}

/* ns-3 only does this for timers that it will not even let fire as cancelled: seldom. */
void Scheduler::Remove(const Event &event)
{
    auto found =
        std::find_if(m_heap.begin(), m_heap.end(), [&](const Event &e) { return e.key.m_uid == event.key.m_uid; });
    assert(found != m_heap.end());
    size_t at = static_cast<size_t>(found - m_heap.begin());
    Event last = m_heap.back();
    m_heap.pop_back();
    if (at == m_heap.size())
        return;
    if (last.key < event.key)
        rise(at, last);
    else
        sink(at, last);
}

} // namespace espsim
