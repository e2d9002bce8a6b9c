#include "sim/engine/queue.h"

#include <ns3/codel-queue-disc.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/queue-size.h>
#include <ns3/uinteger.h>

namespace espsim
{

namespace
{

/* First in, first out, up to a limit in octets or, where that is 0, in packets. */
class DropTail : public Queue
{
  public:
    explicit DropTail(const eng_link &link) : m_max_octets(link.queue_octets), m_max_packets(link.queue_packets) {}

    ~DropTail() override
    {
        while (Frame *frame = DropTail::take())
            frame->Unref();
    }

    bool put(Frame *frame) override
    {
        if (m_max_octets ? m_octets + frame->link_octets > m_max_octets : m_packets >= m_max_packets)
            return false;
        (m_head ? m_tail->next : m_head) = frame;
        m_tail = frame;
        m_packets++;
        m_octets += frame->link_octets;
        return true;
    }

    Frame *take() override
    {
        Frame *frame = m_head;
        if (frame) {
            m_head = frame->next;
            m_packets--;
            m_octets -= frame->link_octets;
        }
        return frame;
    }

    uint64_t packets() const override
    {
        return m_packets;
    }

    uint64_t octets() const override
    {
        return m_octets;
    }

  private:
    const uint64_t m_max_octets, m_max_packets;
    Frame *m_head = nullptr; /* linked by Frame::next */
    Frame *m_tail = nullptr;
    uint64_t m_packets = 0;
    uint64_t m_octets = 0;
};

/* A drop-tail queue of its own for each band; a band sends only while those before it are empty. */
class Priority : public Queue
{
  public:
    explicit Priority(const eng_link &link) : m_bands{DropTail(link), DropTail(link), DropTail(link)}
    {
        static_assert(ENG_BANDS == 3);
    }

    bool put(Frame *frame) override
    {
        return m_bands[frame->band < ENG_BANDS ? frame->band : ENG_BANDS - 1].put(frame);
    }

    Frame *take() override
    {
        for (auto &band : m_bands)
            if (Frame *frame = band.take())
                return frame;
        return nullptr;
    }

    uint64_t packets() const override
    {
        uint64_t sum = 0;
        for (const auto &band : m_bands)
            sum += band.packets();
        return sum;
    }

    uint64_t octets() const override
    {
        uint64_t sum = 0;
        for (const auto &band : m_bands)
            sum += band.octets();
        return sum;
    }

  private:
    DropTail m_bands[ENG_BANDS];
};

/* ns-3's CoDel (RFC 8289), driven by hand: it decides by time and size alone, so that its items carry frames. */
class Codel : public Queue
{
  public:
    Codel(const eng_link &link, Losses *losses) : m_losses(losses), m_nothing(ns3::Create<ns3::Packet>())
    {
        using ns3::QueueSize, ns3::QueueSizeUnit;
        m_disc = ns3::CreateObject<ns3::CoDelQueueDisc>();
        m_disc->SetMaxSize(link.queue_octets
                               ? QueueSize(QueueSizeUnit::BYTES, static_cast<uint32_t>(link.queue_octets))
                               : QueueSize(QueueSizeUnit::PACKETS, static_cast<uint32_t>(link.queue_packets)));
        m_disc->SetAttribute("Target", ns3::TimeValue(ns3::NanoSeconds(link.codel_target)));
        m_disc->SetAttribute("MinBytes", ns3::UintegerValue(link.codel_backlog));
        m_disc->SetAttribute("Interval", ns3::TimeValue(ns3::NanoSeconds(link.codel_interval)));
        m_disc->TraceConnectWithoutContext("DropAfterDequeue", ns3::MakeCallback(&Codel::dropped, this));
        m_disc->Initialize();
    }

    ~Codel() override
    {
        m_losses = nullptr;
        m_disc->Dispose();
    }

    bool put(Frame *frame) override
    {
        frame->Ref(); /* the item's; ours goes back where the item keeps the frame, or stays with the caller */
        if (!m_disc->Enqueue(ns3::Create<Item>(m_nothing, frame)))
            return false;
        frame->Unref();
        return true;
    }

    Frame *take() override
    {
        ns3::Ptr<ns3::QueueDiscItem> item = m_disc->Dequeue();
        if (!item)
            return nullptr;
        Frame *frame = static_cast<Item *>(ns3::PeekPointer(item))->frame;
        frame->Ref();
        return frame;
    }

    uint64_t packets() const override
    {
        return m_disc->GetNPackets();
    }

    uint64_t octets() const override
    {
        return m_disc->GetNBytes();
    }

  private:
    class Item : public ns3::QueueDiscItem
    {
      public:
        Item(const ns3::Ptr<ns3::Packet> &packet, Frame *f) : QueueDiscItem(packet, ns3::Address(), 0), frame(f) {}

        ~Item() override
        {
            frame->Unref();
        }

        uint32_t GetSize() const override
        {
            return static_cast<uint32_t>(frame->link_octets);
        }

        void AddHeader() override {}

        bool Mark() override
        {
            return false; /* what waits is encrypted; only its outer header could carry a mark */
        }

        Frame *const frame;
    };

    void dropped(ns3::Ptr<const ns3::QueueDiscItem> item, const char *)
    {
        if (m_losses)
            m_losses->thrown_away(static_cast<const Item *>(ns3::PeekPointer(item))->frame);
    }

    Losses *m_losses;
    ns3::Ptr<ns3::Packet> m_nothing;
    ns3::Ptr<ns3::CoDelQueueDisc> m_disc;
};

} // namespace

std::unique_ptr<Queue> Queue::make(const eng_link &link, Losses *losses)
{
    switch (link.queue) {
    case ENG_QUEUE_PRIORITY:
        return std::make_unique<Priority>(link);
    case ENG_QUEUE_CODEL:
        return std::make_unique<Codel>(link, losses);
    default:
        return std::make_unique<DropTail>(link);
    }
}

} // namespace espsim
