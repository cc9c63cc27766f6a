#include "http/access_token.h"

#include <ctime>
#include <utility>

#include "base/secret_file.h"

namespace vmtelem {
namespace {

// File systems stamp a file with the time of the last tick of the kernel, 1 to 10 ms ago, or whole seconds.
constexpr time_t kSettledAfter_s = 2;

bool IsSameTime(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

AccessToken::AccessToken(std::string path, LoggerPtr log) : path_(std::move(path)), log_(std::move(log)) {}

const std::optional<Secret>& AccessToken::Current() {
  if (!has_file()) return token_;
  const auto now = LookAtFile();  // before it is read: what is written meanwhile is seen at the next request
  const bool is_same = now && look_ && now->device == look_->device && now->number == look_->number &&
                       now->size == look_->size && IsSameTime(now->changed, look_->changed);
  const bool is_certain = is_same && !look_->may_change_unseen;
  look_ = now;
  if (!is_certain) Read();
  return token_;
}

// Whatever changes a file changes its time of change, a link in its place or an older file that is moved there too.
std::optional<AccessToken::Look> AccessToken::LookAtFile() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const bool is_new = ::time(nullptr) < status.st_ctim.tv_sec + kSettledAfter_s;
  return Look{status.st_dev, status.st_ino, status.st_size, status.st_ctim, is_new};
}

void AccessToken::Read() {
  const auto file = look_ ? ReadSecretFile(path_) : Fail(ErrorCode::kInvalid, path_ + " is no file that can be read");
  if (file) return Use(file->secret);
  token_.reset();
  if (std::exchange(logged_absent_, true)) return;
  log_->warn("no request that needs a token is answered until there is one: {}", file.error().message);
}

void AccessToken::Use(const Secret& token) {
  const bool is_another = was_read_ && (!token_ || token_->Reveal() != token.Reveal());
  if (is_another) log_->info("{} holds another token now, that one counts", path_);
  token_ = token;
  was_read_ = true;
  logged_absent_ = false;
}

bool IsSameToken(std::string_view given, const Secret& token) {
  const std::string& right = token.Reveal();
  if (right.empty()) return false;
  unsigned difference = given.size() == right.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(right[i % right.size()]);
  }
  return difference == 0;
}

}  // namespace vmtelem
