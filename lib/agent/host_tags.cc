#include "agent/host_tags.h"

#include <fmt/format.h>

namespace vmtelem {

HostTags::Holder::~Holder() {
  if (taken_ != nullptr) LetGo();
}

void HostTags::Holder::LetGo() {
  const std::lock_guard guard(taken_->mutex);
  Release();
  let_go_ = true;
}

const std::string& HostTags::Holder::TagFor(const std::string& name) {
  if (!tag_.empty() && name == name_) return tag_;
  const std::lock_guard guard(taken_->mutex);
  Release();
  if (let_go_) return tag_;
  name_ = name;
  tag_ = nth_ == 1 ? name : fmt::format("{}#{}", name, nth_);
  for (std::size_t number = nth_; !taken_->tags.insert(tag_).second;) tag_ = fmt::format("{}#{}", name, ++number);
  return tag_;
}

void HostTags::Holder::Release() {
  if (!tag_.empty() && !let_go_) taken_->tags.erase(tag_);
}

}  // namespace vmtelem
