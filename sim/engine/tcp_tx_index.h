/* tcp_tx_index.h - where things are in the sent list of one ns-3 TcpTxBuffer, and what need not be looked at again.
 *
 * ns-3 3.37 keeps the sent segments in a std::list and walks it from its head for every segment sent, for every SACK
 * block, for every partial ACK: thousands of steps at the bandwidth-delay product of a GEO link. This finds the place
 * by a binary search, and remembers three things that hold until ns-3 changes its mind (forget):
 *
 *   - below `first_candidate` no segment is lost, not sent again and not SACKed (what NextSeg looks for);
 *   - below `marked_below` every segment is lost or SACKed (what UpdateLostCount would do there is done);
 *   - the segments of each range of `sacked` are all SACKed (Update has nothing to do there).
 *
 * Positions are octets from the start of the connection, sequence numbers without the wrap.
 */
#ifndef ESPSIM_ENGINE_TCP_TX_INDEX_H
#define ESPSIM_ENGINE_TCP_TX_INDEX_H

#include <ns3/sequence-number.h>
#include <ns3/tcp-tx-buffer.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <map>

namespace espsim
{

class TxIndex
{
  public:
    using List = std::list<ns3::TcpTxItem *>;

    struct Place {
        int64_t position;
        List::const_iterator item;
    };
    using Places = std::deque<Place>;

    static bool is_off; /* eng_config.stock_tx_buffer: everything is to be done as ns-3 does it */

    /* The index of a buffer, or NULL: then the buffer is to be used as ns-3 does. */
    static TxIndex *of(const ns3::TcpTxBuffer *buffer);
    static void give(const ns3::TcpTxBuffer *buffer);
    static void take_back(const ns3::TcpTxBuffer *buffer);

    /* The first unacknowledged octet is now `seq`; to be called at least once every 2^31 octets. */
    void set_head(const ns3::SequenceNumber32 &seq)
    {
        m_head += seq - m_head_seq;
        m_head_seq = seq;
    }

    int64_t head() const
    {
        return m_head;
    }

    int64_t position(const ns3::SequenceNumber32 &seq) const
    {
        return m_head + (seq - m_head_seq);
    }

    ns3::SequenceNumber32 sequence(int64_t position) const
    {
        return m_head_seq + static_cast<int32_t>(position - m_head);
    }

    /* Brings the places up to date with the list. start(item) gives an item's first sequence number. */
    template <typename Start> void follow(const List &list, Start start);

    Places::const_iterator begin() const
    {
        return m_places.begin();
    }

    Places::const_iterator end() const
    {
        return m_places.end();
    }

    /* The first item at or above a position. */
    Places::const_iterator at_or_above(int64_t position) const
    {
        return std::lower_bound(m_places.begin(), m_places.end(), position,
                                [](const Place &place, int64_t p) { return place.position < p; });
    }

    /* Items were cut, joined or moved: the places are found anew. */
    void list_changed()
    {
        m_changed = true;
    }

    /* Flags of items were changed by ns-3: nothing is known of them. */
    void forget();

    void add_candidate(int64_t position)
    {
        first_candidate = std::min(first_candidate, position);
    }

    /* [from, to) are whole items, all SACKed. */
    void add_sacked(int64_t from, int64_t to);
    /* The end of the range that `position` lies in; `position` where it lies in none. */
    int64_t sacked_to(int64_t position) const;
    /* The item at the head is not SACKed (any more); what lies below it is gone. */
    void trim_sacked();

    int64_t first_candidate = 0;
    int64_t marked_below = 0;

  private:
    int64_t m_head = 0;
    ns3::SequenceNumber32 m_head_seq{0};
    bool m_changed = true;
    Places m_places;
    std::map<int64_t, int64_t> m_sacked; /* first octet -> octet behind the last */
};

template <typename Start> void TxIndex::follow(const List &list, Start start)
{
    while (!m_places.empty() && m_places.front().position < m_head)
        m_places.pop_front();
    auto fresh = list.begin(); /* the first item that has no place yet */
    if (m_places.size() > list.size())
        m_changed = true;
    if (!m_changed && !m_places.empty()) {
        fresh = std::prev(list.end(), static_cast<std::ptrdiff_t>(list.size() - m_places.size()));
        m_changed = fresh == list.begin() || std::prev(fresh) != m_places.back().item;
    }
    if (m_changed) {
        m_places.clear();
        fresh = list.begin();
        m_changed = false;
    }
    for (; fresh != list.end(); ++fresh)
        m_places.push_back({position(start(*fresh)), fresh});
}

} // namespace espsim

#endif
