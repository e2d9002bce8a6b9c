#include "sim/engine/fatal.h"

#include <ns3/fatal-impl.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>

#include <unistd.h>

namespace espsim
{

static Words *listening;

/* A fatal error where C++ lets no exception out (a destructor): the process cannot go on, but says why; exit 3. */
static void leave()
{
    std::string words = listening ? listening->take() : "fatal error";
    fprintf(stderr, "ns-3 gave up: %s\n", words.c_str());
    _exit(3);
}

Words::Words() : m_cerr(std::cerr.rdbuf(this)), m_clog(std::clog.rdbuf(this)), m_terminate(std::set_terminate(leave))
{
    listening = this;
}

Words::~Words()
{
    listening = nullptr;
    std::set_terminate(m_terminate);
    std::cerr.rdbuf(m_cerr);
    std::clog.rdbuf(m_clog);
    pass_on();
}

void Words::pass_on()
{
    fwrite(m_line.data(), 1, m_line.size(), stderr);
    m_line.clear();
    m_whole = false;
}

Words::int_type Words::overflow(int_type c)
{
    if (m_whole)
        pass_on();
    if (c == '\n')
        m_whole = true;
    if (c != traits_type::eof())
        m_line += traits_type::to_char_type(c);
    return traits_type::not_eof(c);
}

/* The text behind `key` up to `end`; empty where there is none. */
static std::string part(const std::string &line, const std::string &key, const std::string &end)
{
    size_t from = line.find(key);
    if (from == std::string::npos)
        return "";
    from += key.size();
    size_t to = line.find(end, from);
    return line.substr(from, to == std::string::npos ? to : to - from);
}

/* `aborted. cond="c", msg="m", +1.5s 0 file=/build/x/a.cc, line=7` -> `m (a.cc:7, +1.5s)` */
std::string Words::take()
{
    std::string line = m_line;
    m_line.clear();
    m_whole = false;
    std::string file = part(line, "file=", ",");
    std::string what = part(line, "msg=\"", "\", ");
    if (what.empty()) /* NS_ABORT_IF forgets the second quotation mark */
        what = part(line, "cond=\"", ", +");
    if (what.empty())
        what = "fatal error";
    std::string when = part(line, " +", " ");
    std::string where = file.substr(file.find_last_of('/') + 1) + ":" + part(line, "line=", "\n");
    return what + " (" + where + (when.empty() ? "" : ", +" + when) + ")";
}

} // namespace espsim

/* See fatal.h. ns-3 3.37 also comes here from NS_FATAL_ERROR_CONT, which nothing that we link uses. */
void ns3::FatalImpl::FlushStreams()
{
    throw std::runtime_error(espsim::listening ? espsim::listening->take() : "fatal error");
}
