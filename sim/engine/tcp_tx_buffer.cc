/* tcp_tx_buffer.cc - ns-3's TCP scoreboard without its walks. The only place where ns-3's own code is replaced.
 *
 * libns3-internet calls these members of TcpTxBuffer and TcpRxBuffer through its symbol table, and the module stands
 * before it in the search order, so ours are called. Each does what ns-3 3.37's (src/internet/model/tcp-tx-buffer.cc,
 * tcp-rx-buffer.cc, GPL-2.0-only) does, to the last flag and counter, but for one crash (NextSeg); it finds its place
 * through TxIndex instead of walking there. Calls inside those two files are bound within them and cannot be replaced;
 * so every member through which the sockets change the list or its flags is here, and tells the index where it leaves
 * the work to ns-3's own.
 *
 * Only sockets of ours have an index (TcpSocket, unless eng_config.stock_tx_buffer); all others get ns-3's own code.
 * tests/test_engine_tx_buffer.c compares every packet of runs with and without it.
 */
#include "sim/engine/tcp_tx_index.h"

#include <ns3/packet.h>
#include <ns3/simulator.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-tx-buffer.h>

#include <algorithm>
#include <dlfcn.h>
#include <stdexcept>

using espsim::TxIndex;

/* ns-3's own version of the function that is asked for by its linker name; member functions take `this` first. */
template <typename Function> static Function *stock(const char *symbol)
{
    void *function = dlsym(RTLD_NEXT, symbol);
    if (!function)
        throw std::runtime_error(std::string("libns3-internet has no ") + symbol + "; use Debian 12's libns3.37");
    return reinterpret_cast<Function *>(function);
}

namespace ns3
{

bool TcpTxBuffer::NextSeg(SequenceNumber32 *seq, SequenceNumber32 *seqHigh, bool isRecovery) const
{
    static auto *const original = stock<bool(const TcpTxBuffer *, SequenceNumber32 *, SequenceNumber32 *, bool)>(
        "_ZNK3ns311TcpTxBuffer7NextSegEPNS_14SequenceNumberIjiEES3_b");
    TxIndex *index = TxIndex::of(this);
    if (!index)
        return original(this, seq, seqHigh, isRecovery);

    auto start = [](const TcpTxItem *item) { return item->m_startSeq; };
    if (m_lostOut > 0) { /* RFC 6675, NextSeg (1): the first lost segment that was not sent again */
        index->follow(m_sentList, start);
        for (auto place = index->at_or_above(index->first_candidate); place != index->end(); ++place) {
            const TcpTxItem *item = *place->item;
            if (item->m_retrans || item->m_sacked || !item->m_lost)
                continue;
            index->first_candidate = place->position;
            *seq = item->m_startSeq;
            *seqHigh = *seq + m_segmentSize;
            return true;
        }
        index->first_candidate = index->position(m_firstByteSeq + m_sentSize);
    }
    if (SizeFromSequence(m_firstByteSeq + m_sentSize) > 0) { /* (2): new data, if the receiver's window has room */
        if (m_sentSize >= m_rWndCallback()) /* ns-3: >, and crashes on the empty segment of a window just full */
            return false;
        *seq = m_firstByteSeq + m_sentSize;
        *seqHigh = *seq + std::min<uint32_t>(m_segmentSize, m_rWndCallback() - m_sentSize);
        return true;
    }
    if (!isRecovery)
        return false;
    index->follow(m_sentList, start);
    SequenceNumber32 third; /* (3): the first that is not even lost; ns-3 takes 0 for "none yet" */
    bool found = false;
    for (auto place = index->at_or_above(index->marked_below); place != index->end(); ++place) {
        const TcpTxItem *item = *place->item;
        if (item->m_retrans || item->m_sacked || item->m_lost)
            continue;
        found = true;
        third = item->m_startSeq;
        if (third.GetValue() != 0)
            break;
    }
    if (found) {
        *seq = third;
        *seqHigh = *seq + m_segmentSize;
    }
    return found;
}

bool TcpTxBuffer::IsRetransmittedDataAcked(const SequenceNumber32 &ack) const
{
    static auto *const original = stock<bool(const TcpTxBuffer *, const SequenceNumber32 &)>(
        "_ZNK3ns311TcpTxBuffer24IsRetransmittedDataAckedERKNS_14SequenceNumberIjiEE");
    TxIndex *index = TxIndex::of(this);
    if (!index)
        return original(this, ack);

    if (m_retrans == 0)
        return false;
    index->follow(m_sentList, [](const TcpTxItem *item) { return item->m_startSeq; });
    auto place = index->at_or_above(index->position(ack));
    if (place == index->begin())
        return false;
    const TcpTxItem *item = *(--place)->item; /* the only one that may end at `ack` */
    return item->m_startSeq + item->m_packet->GetSize() == ack && !item->m_sacked && item->m_retrans;
}

uint32_t TcpTxBuffer::Update(const TcpOptionSack::SackList &list, const Callback<void, TcpTxItem *> &sackedCb)
{
    static auto *const original =
        stock<uint32_t(TcpTxBuffer *, const TcpOptionSack::SackList &, const Callback<void, TcpTxItem *> &)>(
            "_ZN3ns311TcpTxBuffer6UpdateERKNSt7__cxx114listISt4pairINS_14SequenceNumberIjiEES5_ESaIS6_EEERKNS_"
            "8CallbackIvJPNS_9TcpTxItemEEEE");
    TxIndex *index = TxIndex::of(this);
    if (!index)
        return original(this, list, sackedCb);

    uint32_t bytesSacked = 0;
    index->follow(m_sentList, [](const TcpTxItem *item) { return item->m_startSeq; });
    for (const auto &block : list) {
        if (m_firstByteSeq + m_sentSize < block.first)
            return bytesSacked; /* as ns-3: without UpdateLostCount */
        const int64_t block_end = index->position(block.second);
        auto place = index->at_or_above(index->position(block.first));
        int64_t from = 0, to = 0; /* what turned out to be SACKed without a gap */
        while (place != index->end()) {
            const int64_t known = index->sacked_to(place->position);
            if (known > place->position) {
                from = from < to ? from : place->position;
                to = known;
                place = index->at_or_above(known);
                continue;
            }
            TcpTxItem *item = *place->item;
            const uint32_t size = item->m_packet->GetSize();
            if (place->position + size > block_end)
                break;
            if (!item->m_sacked) {
                if (item->m_lost) {
                    item->m_lost = false;
                    m_lostOut -= size;
                }
                item->m_sacked = true;
                m_sackedOut += size;
                bytesSacked += size;
                if (m_highestSack.first == m_sentList.end() || m_highestSack.second <= item->m_startSeq + size)
                    m_highestSack = std::make_pair(place->item, item->m_startSeq);
                if (!sackedCb.IsNull())
                    sackedCb(item);
            }
            from = from < to ? from : place->position;
            to = place->position + size;
            ++place;
        }
        if (from < to)
            index->add_sacked(from, to);
    }
    if (bytesSacked > 0)
        UpdateLostCount();
    return bytesSacked;
}

/* ns-3's Update calls its own; ours calls this one. */
void TcpTxBuffer::UpdateLostCount()
{
    TxIndex *index = TxIndex::of(this);
    uint32_t sacked = 0;
    int64_t reached = index->marked_below;
    for (auto it = m_highestSack.first; it != m_sentList.begin(); --it) {
        TcpTxItem *item = *it;
        const int64_t position = index->position(item->m_startSeq);
        if (position < index->marked_below)
            break; /* `sacked` is m_dupAckThresh or more by now: it was when marked_below was set */
        if (item->m_sacked && ++sacked == m_dupAckThresh)
            reached = position;
        if (sacked >= m_dupAckThresh && !item->m_sacked && !item->m_lost) {
            item->m_lost = true;
            m_lostOut += item->m_packet->GetSize();
            index->add_candidate(position);
        }
    }
    if (sacked < m_dupAckThresh)
        return;
    index->marked_below = reached;
    TcpTxItem *head = m_sentList.front();
    if (!head->m_lost) {
        head->m_lost = true;
        m_lostOut += head->m_packet->GetSize();
        index->add_candidate(index->head());
    }
}

TcpTxItem *TcpTxBuffer::CopyFromSequence(uint32_t numBytes, const SequenceNumber32 &seq)
{
    static auto *const original = stock<TcpTxItem *(TcpTxBuffer *, uint32_t, const SequenceNumber32 &)>(
        "_ZN3ns311TcpTxBuffer16CopyFromSequenceEjRKNS_14SequenceNumberIjiEE");
    TxIndex *index = TxIndex::of(this);
    if (!index || m_firstByteSeq + m_sentSize <= seq || seq < m_firstByteSeq)
        return original(this, numBytes, seq); /* new data, at the end of the list; or a fatal error */

    index->follow(m_sentList, [](const TcpTxItem *item) { return item->m_startSeq; });
    auto place = index->at_or_above(index->position(seq));
    const uint32_t wanted = std::min(numBytes, SizeFromSequence(seq));
    if (place != index->end() && (*place->item)->m_startSeq == seq && m_firstByteSeq + m_sentSize >= seq + wanted) {
        TcpTxItem *item = *place->item;
        const uint32_t size = item->m_packet->GetSize();
        auto next = std::next(place);
        const bool may_join = next != index->end() && !(*next->item)->m_sacked && item->m_lost == (*next->item)->m_lost;
        if (wanted == size || (wanted > size && !may_join)) { /* neither cut nor joined */
            if (!item->m_retrans) {
                m_retrans += size;
                item->m_retrans = true;
            }
            item->m_lastSent = Simulator::Now();
            return item;
        }
    }
    index->list_changed();
    return original(this, numBytes, seq);
}

void TcpTxBuffer::DiscardUpTo(const SequenceNumber32 &seq, const Callback<void, TcpTxItem *> &beforeDelCb)
{
    static auto *const original =
        stock<void(TcpTxBuffer *, const SequenceNumber32 &, const Callback<void, TcpTxItem *> &)>(
            "_ZN3ns311TcpTxBuffer11DiscardUpToERKNS_14SequenceNumberIjiEERKNS_8CallbackIvJPNS_9TcpTxItemEEEE");
    original(this, seq, beforeDelCb);
    TxIndex *index = TxIndex::of(this);
    if (!index)
        return;
    index->set_head(m_firstByteSeq);
    index->trim_sacked();
    if (m_sentList.empty())
        return;
    const TcpTxItem *head = m_sentList.front();
    if (head->m_lost && !head->m_retrans && !head->m_sacked) /* perhaps it was SACKed and is lost instead now */
        index->add_candidate(index->head());
}

void TcpTxBuffer::MarkHeadAsLost()
{
    static auto *const original = stock<void(TcpTxBuffer *)>("_ZN3ns311TcpTxBuffer14MarkHeadAsLostEv");
    original(this);
    if (TxIndex *index = TxIndex::of(this)) {
        index->trim_sacked();
        index->add_candidate(index->head());
    }
}

void TcpTxBuffer::SetSentListLost(bool resetSack)
{
    static auto *const original = stock<void(TcpTxBuffer *, bool)>("_ZN3ns311TcpTxBuffer15SetSentListLostEb");
    original(this, resetSack);
    if (TxIndex *index = TxIndex::of(this))
        index->forget();
}

void TcpTxBuffer::ResetRenoSack()
{
    static auto *const original = stock<void(TcpTxBuffer *)>("_ZN3ns311TcpTxBuffer13ResetRenoSackEv");
    original(this);
    if (TxIndex *index = TxIndex::of(this))
        index->forget();
}

void TcpTxBuffer::ResetLastSegmentSent()
{
    static auto *const original = stock<void(TcpTxBuffer *)>("_ZN3ns311TcpTxBuffer20ResetLastSegmentSentEv");
    original(this);
    if (TxIndex *index = TxIndex::of(this)) {
        index->list_changed();
        index->forget();
    }
}

void TcpTxBuffer::SetHeadSequence(const SequenceNumber32 &seq)
{
    static auto *const original = stock<void(TcpTxBuffer *, const SequenceNumber32 &)>(
        "_ZN3ns311TcpTxBuffer15SetHeadSequenceERKNS_14SequenceNumberIjiEE");
    original(this, seq);
    if (TxIndex *index = TxIndex::of(this)) {
        index->set_head(seq);
        index->list_changed();
        index->forget();
    }
}

/* ns-3's, but for where its two loops begin: what they skipped one by one before is not looked at. */
bool TcpRxBuffer::Add(Ptr<Packet> p, const TcpHeader &tcph)
{
    static auto *const original = stock<bool(TcpRxBuffer *, Ptr<Packet>, const TcpHeader &)>(
        "_ZN3ns311TcpRxBuffer3AddENS_3PtrINS_6PacketEEERKNS_9TcpHeaderE");
    if (TxIndex::is_off)
        return original(this, p, tcph);

    SequenceNumber32 headSeq = tcph.GetSequenceNumber();
    SequenceNumber32 tailSeq = headSeq + SequenceNumber32(p->GetSize());
    headSeq = std::max<SequenceNumber32>(headSeq, m_nextRxSeq);
    if (!m_data.empty()) {
        tailSeq = std::min(tailSeq, m_data.begin()->first + SequenceNumber32(m_maxBuffer));
        headSeq = std::min(headSeq, tailSeq);
    }
    BufIterator i = m_data.upper_bound(headSeq);
    if (i != m_data.begin())
        --i; /* the only one before headSeq that may reach beyond it */
    while (i != m_data.end() && i->first <= tailSeq) {
        SequenceNumber32 lastByteSeq = i->first + SequenceNumber32(i->second->GetSize());
        if (lastByteSeq > headSeq) {
            if (i->first > headSeq && lastByteSeq < tailSeq) {
                m_size -= i->second->GetSize();
                m_data.erase(i++);
                continue;
            }
            if (i->first <= headSeq)
                headSeq = lastByteSeq;
            if (lastByteSeq >= tailSeq)
                tailSeq = i->first;
        }
        ++i;
    }
    if (headSeq >= tailSeq)
        return false;
    p = p->CreateFragment(static_cast<uint32_t>(headSeq - tcph.GetSequenceNumber()),
                          static_cast<uint32_t>(tailSeq - headSeq));
    m_data[headSeq] = p;
    if (headSeq > m_nextRxSeq)
        UpdateSackList(headSeq, tailSeq);
    m_size += p->GetSize();
    for (i = m_data.lower_bound(m_nextRxSeq); i != m_data.end() && i->first == m_nextRxSeq; ++i) {
        m_nextRxSeq = i->first + SequenceNumber32(i->second->GetSize());
        m_availBytes += i->second->GetSize();
        ClearSackList(m_nextRxSeq);
    }
    if (m_gotFin && m_nextRxSeq == m_finSeq)
        ++m_nextRxSeq; /* the FIN's own number */
    return true;
}

} // namespace ns3
