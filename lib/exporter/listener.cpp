#include "exporter/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace fedctl::exporter {
namespace {

constexpr int backlog = 1024;

struct Address {
  std::string host;
  int port = 0;
};

Result<Address> parse(const std::string& text) {
  const auto colon = text.rfind(':');
  Address address;
  const char* end = text.data() + text.size();
  const char* digits = colon == std::string::npos ? end : text.data() + colon + 1;
  const auto read = std::from_chars(digits, end, address.port);
  if (read.ec != std::errc{} || read.ptr != end || address.port < 0 || address.port > 65535)
    return Failure{
        {.code = Code::usage, .message = fmt::format("'{}' is no address to listen on", text), .hint = "write HOST:PORT, or :PORT"}};
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty()) address.host = "0.0.0.0";
  return address;
}

int port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

Descriptor listening(const addrinfo& where) {
  Descriptor socket{::socket(where.ai_family, where.ai_socktype, where.ai_protocol)};
  if (socket.get() < 0) return socket;
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool listens = ::bind(socket.get(), where.ai_addr, where.ai_addrlen) == 0 && ::listen(socket.get(), backlog) == 0;
  if (listens) return socket;
  const int problem = errno;
  socket.close();
  errno = problem;
  return socket;
}

}  // namespace

Result<Listener> open_listener(const std::string& text) {
  const auto address = parse(text);
  if (!address) return Failure{address.error()};
  const auto refuse = [&](const char* why) {
    return Failure{
        {.code = Code::rejected, .message = fmt::format("cannot listen on {}: {}", text, why), .hint = "is something else there?"}};
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(address->host.c_str(), std::to_string(address->port).c_str(), &hints, &found);
  if (problem != 0) return refuse(::gai_strerror(problem));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all{found, ::freeaddrinfo};
  errno = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Descriptor socket = listening(*one);
    if (socket.get() < 0) continue;
    const int port = port_of(socket.get());
    return Listener{std::move(socket), port};
  }
  return refuse(std::strerror(errno));
}

}  // namespace fedctl::exporter
