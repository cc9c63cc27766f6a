// A database that answers each write at its next flush, as InfluxDB 3 does, on as many connections as come. It counts
// lines and keeps none, so that it is no limit for the program that is measured. Prints its URL and then, for each
// request that it answers, one line: when it came and was answered, the stamps of its first and last line (ns), how
// many lines, the bytes of these, and how many requests were under way when it came.
//
//   flushing_server [PERIOD_MS]      default: 1000, flushes lie on multiples of it; 0: answers at once
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

namespace {

std::int64_t WallNs() { return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string Inflate(std::string_view packed) {
  std::string text;
  std::array<char, 1U << 16U> part{};
  z_stream stream{};
  inflateInit2(&stream, 16 + MAX_WBITS);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  for (int state = Z_OK; state == Z_OK;) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return text;
}

std::int64_t StampOf(std::string_view line) {
  std::int64_t stamp = 0;
  const std::string_view text = line.substr(line.rfind(' ') + 1);
  std::from_chars(text.data(), text.data() + text.size(), stamp);
  return stamp;
}

// A request that came, and what is printed of it.
struct Write {
  std::int64_t came_ns = 0, first_ns = 0, last_ns = 0;
  std::size_t lines = 0, bytes = 0, under_way = 0;
};

Write Read(std::string_view text) {
  Write write{.came_ns = WallNs(), .bytes = text.size()};
  write.lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (write.lines == 0) return write;
  write.first_ns = StampOf(text.substr(0, text.find('\n')));
  text.remove_suffix(1);
  write.last_ns = StampOf(text.substr(text.rfind('\n') + 1));
  return write;
}

// One client: what has come of its request, and the request that waits for the flush.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  // False when the client has gone. `is_whole`: a request has come.
  bool Receive(bool& is_whole) {
    std::array<char, 1U << 18U> part;  // NOLINT: filled by recv()
    const ssize_t size = ::recv(socket_, part.data(), part.size(), 0);
    if (size <= 0) return false;
    input_.append(part.data(), static_cast<std::size_t>(size));
    const std::size_t head = input_.find("\r\n\r\n");
    is_whole = head != std::string::npos && input_.size() >= head + 4 + LengthOf(input_.substr(0, head));
    return true;
  }
  Write Take() {
    const std::size_t body = input_.find("\r\n\r\n") + 4;
    const bool is_packed = input_.substr(0, body).find("gzip") != std::string::npos;
    const std::string_view bytes = std::string_view(input_).substr(body);
    Write write = Read(is_packed ? Inflate(bytes) : std::string(bytes));
    input_.clear();
    return write;
  }
  void Answer() const {
    constexpr std::string_view kStored = "HTTP/1.1 204 No Content\r\n\r\n";
    if (::send(socket_, kStored.data(), kStored.size(), MSG_NOSIGNAL) < 0) return;
  }

 private:
  static std::size_t LengthOf(std::string_view head) {
    constexpr std::string_view kName = "content-length: ";
    const auto same = [](char a, char b) { return std::tolower(a) == b; };
    const auto* const found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
    std::size_t length = 0;
    if (found != head.end()) std::from_chars(found + kName.size(), head.end(), length);
    return length;
  }

  int socket_;
  std::string input_;
};

class Server {
 public:
  explicit Server(std::int64_t period_ns) : period_ns_(period_ns), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 1024) != 0)
      std::exit(EXIT_FAILURE);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    fmt::print("http://127.0.0.1:{}\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void Run() {
    while (true) {
      std::vector<pollfd> polled{{listener_, POLLIN, 0}};
      for (const auto& [socket, connection] : connections_) polled.push_back({socket, POLLIN, 0});
      ::poll(polled.data(), polled.size(), MsToFlush());
      for (const pollfd& each : polled) {
        if (each.revents != 0) each.fd == listener_ ? Accept() : Serve(each.fd);
      }
      if (!waiting_.empty() && WallNs() >= flush_ns_) Flush();
    }
  }

 private:
  [[nodiscard]] int MsToFlush() const {
    if (waiting_.empty()) return -1;
    return static_cast<int>(std::max<std::int64_t>(flush_ns_ - WallNs() + 999'999, 0) / 1'000'000);
  }
  void Accept() {
    const int socket = ::accept(listener_, nullptr, nullptr), on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connections_.emplace(socket, Connection(socket));
  }
  void Serve(int socket) {
    Connection& connection = connections_.at(socket);
    bool is_whole = false;
    if (!connection.Receive(is_whole)) {
      waiting_.erase(socket);
      connections_.erase(socket);
      ::close(socket);
      return;
    }
    if (!is_whole) return;
    Write write = connection.Take();
    if (waiting_.empty()) flush_ns_ = period_ns_ == 0 ? 0 : (write.came_ns / period_ns_ + 1) * period_ns_;
    write.under_way = waiting_.size() + 1;
    waiting_.emplace(socket, write);
  }
  void Flush() {
    for (const auto& [socket, write] : waiting_) {
      connections_.at(socket).Answer();
      fmt::print("{} {} {} {} {} {} {}\n", write.came_ns, WallNs(), write.first_ns, write.last_ns, write.lines,
                 write.bytes, write.under_way);
    }
    std::fflush(stdout);
    waiting_.clear();
  }

  const std::int64_t period_ns_;
  const int listener_;
  std::map<int, Connection> connections_;
  std::map<int, Write> waiting_;  // for the flush, by socket
  std::int64_t flush_ns_ = 0;
};

}  // namespace

int main(int argc, char** argv) { Server((argc > 1 ? std::atoll(argv[1]) : 1000) * 1'000'000).Run(); }
