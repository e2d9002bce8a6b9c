/* fatal.h - ns-3's fatal errors as C++ exceptions, instead of std::terminate.
 *
 * NS_FATAL_ERROR and NS_ABORT print to std::cerr and std::clog, call ns3::FatalImpl::FlushStreams and then terminate.
 * fatal.cc defines that function anew; the module stands before libns3-core in the search order of what it loads, so
 * ns-3 calls ours, and ours throws before terminate is reached.
 */
#ifndef ESPSIM_ENGINE_FATAL_H
#define ESPSIM_ENGINE_FATAL_H

#include <exception>
#include <streambuf>
#include <string>

namespace espsim
{

/* Takes what ns-3 writes to std::cerr and std::clog, from construction to destruction. Whole lines go on to standard
 * error, one line late: the last one may turn out to be the text of a fatal error. */
class Words : public std::streambuf
{
  public:
    Words();
    ~Words() override;
    Words(const Words &) = delete;
    Words &operator=(const Words &) = delete;

    /* Gives the words of the fatal error that has just been printed, in one line; forgets them. */
    std::string take();

  protected:
    int_type overflow(int_type c) override;

  private:
    void pass_on();

    std::string m_line;
    bool m_whole = false; /* m_line has its newline */
    std::streambuf *m_cerr;
    std::streambuf *m_clog;
    std::terminate_handler m_terminate;
};

} // namespace espsim

#endif
