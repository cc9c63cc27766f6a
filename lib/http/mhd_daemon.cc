#include "http/mhd_daemon.h"

#include <exception>

#include <microhttpd.h>
#include <sys/socket.h>

#include "base/file_io.h"
#include "http/mhd_response.h"

namespace vmtelem {
namespace {

// The header, what libmicrohttpd makes of it, and the header of the answer.
constexpr std::size_t kConnectionMemory_bytes = std::size_t{48} * 1024;

int DescriptorOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

}  // namespace

// No exception may pass through C: one in the handler closes the connection.
struct MhdDaemon::Callbacks {
  static void* OnTarget(void* self, const char* target, MHD_Connection* connection) {
    static_cast<MhdDaemon*>(self)->BeginRequest(DescriptorOf(connection), target == nullptr ? "" : target);
    return nullptr;
  }
  // NOLINTNEXTLINE(readability-function-size): libmicrohttpd's parameters
  static MHD_Result OnPart(void* self, MHD_Connection* connection, const char* /*path*/, const char* method,
                           const char* version, const char* data, std::size_t* size, void** /*context*/) {
    const std::string_view part(data, *size);
    *size = 0;
    try {
      return static_cast<MHD_Result>(static_cast<MhdDaemon*>(self)->HandlePart(connection, method, version, part));
    } catch (const std::exception&) {
      return MHD_NO;
    }
  }
  static void OnCompleted(void* self, MHD_Connection* connection, void** /*context*/, MHD_RequestTerminationCode) {
    static_cast<MhdDaemon*>(self)->EndRequest(DescriptorOf(connection));
  }
  static void OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                           MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) static_cast<MhdDaemon*>(self)->Forget(DescriptorOf(connection));
  }
};

Result<std::unique_ptr<MhdDaemon>> MhdDaemon::Start(HttpResponder& responder, ConnectionTable& table) {
  std::unique_ptr<MhdDaemon> made(new MhdDaemon(responder, table));
  // The limit of connections is the table's: one that gives way may still be closing when another one comes.
  made->daemon_ =
      MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, nullptr, nullptr, &Callbacks::OnPart, made.get(),
                       MHD_OPTION_URI_LOG_CALLBACK, &Callbacks::OnTarget, made.get(), MHD_OPTION_NOTIFY_COMPLETED,
                       &Callbacks::OnCompleted, made.get(), MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::OnConnection,
                       made.get(), MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory_bytes,
                       MHD_OPTION_CONNECTION_LIMIT, 1U << 20U, MHD_OPTION_END);
  if (made->daemon_ == nullptr) {
    return Fail(ErrorCode::kCannotCreate, "the HTTP server cannot be started: " + LastError().message());
  }
  return made;
}

MhdDaemon::~MhdDaemon() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

int MhdDaemon::epoll_fd() const { return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd; }

bool MhdDaemon::has_work() const {
  MHD_UNSIGNED_LONG_LONG milliseconds = 0;
  return MHD_get_timeout(daemon_, &milliseconds) == MHD_YES;
}

void MhdDaemon::Add(int fd) {
  sockaddr_storage client{};
  socklen_t size = sizeof(client);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&client), &size) != 0) size = sizeof(client.ss_family);
  table_.Open(fd);
  connections_[fd] = {};
  if (MHD_add_connection(daemon_, fd, reinterpret_cast<const sockaddr*>(&client), size) != MHD_YES) Forget(fd);
}

void MhdDaemon::Run() { MHD_run(daemon_); }

void MhdDaemon::NoteNul(int fd) {
  const auto found = connections_.find(fd);
  if (found != connections_.end()) found->second.holds_nul = true;
}

void MhdDaemon::BeginRequest(int fd, std::string_view target) {
  connections_[fd].exchange.emplace(target);
  table_.NoteReceiving(fd);
}

int MhdDaemon::HandlePart(MHD_Connection* connection, std::string_view method, std::string_view version,
                          std::string_view part) {
  Connection& kept = connections_[DescriptorOf(connection)];
  if (!kept.exchange) return MHD_NO;
  MhdExchange& exchange = *kept.exchange;
  if (exchange.has_headers() && part.empty()) return SendAnswer(connection, exchange);
  if (!exchange.has_headers()) {
    if (kept.holds_nul) exchange.NoteNul();
    exchange.TakeHeaders(connection, method, version);
    const bool is_over = exchange.fault() && exchange.fault()->ends_it;
    return is_over ? SendAnswer(connection, exchange) : int{MHD_YES};
  }
  exchange.TakeBody(part);
  return exchange.fault() && exchange.fault()->ends_it ? MHD_NO : MHD_YES;
}

int MhdDaemon::SendAnswer(MHD_Connection* connection, const MhdExchange& exchange) {
  const auto& fault = exchange.fault();
  HttpResponse response = fault ? responder_.Reject(exchange.request(), fault->status, fault->detail)
                                : responder_.Respond(exchange.request());
  if (fault && fault->ends_it) response.headers.push_back({"Connection", "close"});
  const int status = response.status;
  const bool is_head = exchange.request().method == "HEAD";
  const MhdResponse made = is_head ? MakeMhdHeadResponse(std::move(response), responder_.bodies())
                                   : MakeMhdResponse(std::move(response), responder_.bodies());
  if (!made) return MHD_NO;
  table_.NoteAnswering(DescriptorOf(connection));
  return MHD_queue_response(connection, static_cast<unsigned>(status), made.get());
}

void MhdDaemon::EndRequest(int fd) {
  table_.NoteAnswered(fd);
  const auto found = connections_.find(fd);
  if (found != connections_.end()) found->second.exchange.reset();
}

void MhdDaemon::Forget(int fd) {
  table_.Close(fd);
  connections_.erase(fd);
}

}  // namespace vmtelem
