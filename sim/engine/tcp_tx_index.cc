#include "sim/engine/tcp_tx_index.h"

#include <unordered_map>

namespace espsim
{

bool TxIndex::is_off;

static std::unordered_map<const ns3::TcpTxBuffer *, TxIndex> indexes;

TxIndex *TxIndex::of(const ns3::TcpTxBuffer *buffer)
{
    auto found = indexes.find(buffer);
    return found == indexes.end() ? nullptr : &found->second;
}

void TxIndex::give(const ns3::TcpTxBuffer *buffer)
{
    if (!is_off)
        indexes[buffer] = TxIndex();
}

void TxIndex::take_back(const ns3::TcpTxBuffer *buffer)
{
    indexes.erase(buffer);
}

void TxIndex::forget()
{
    first_candidate = marked_below = m_head;
    m_sacked.clear();
}

void TxIndex::add_sacked(int64_t from, int64_t to)
{
    auto range = m_sacked.upper_bound(from);
    if (range != m_sacked.begin() && std::prev(range)->second >= from)
        --range;
    while (range != m_sacked.end() && range->first <= to) {
        from = std::min(from, range->first);
        to = std::max(to, range->second);
        range = m_sacked.erase(range);
    }
    m_sacked.emplace(from, to);
}

int64_t TxIndex::sacked_to(int64_t position) const
{
    auto range = m_sacked.upper_bound(position);
    return range == m_sacked.begin() ? position : std::max(position, std::prev(range)->second);
}

void TxIndex::trim_sacked()
{
    while (!m_sacked.empty() && m_sacked.begin()->first <= m_head)
        m_sacked.erase(m_sacked.begin());
}

} // namespace espsim
