#include "http/mhd_response.h"

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace vmtelem {
namespace {

constexpr std::size_t kPart_bytes = std::size_t{16} * 1024;

// A body while it is sent.
struct SentBody {
  SentBody(std::string of, BodyBudget& counted) : text(std::move(of)), bodies(counted) { bodies.Take(text.size()); }
  ~SentBody() { bodies.GiveBack(text.size()); }
  SentBody(const SentBody&) = delete;
  SentBody& operator=(const SentBody&) = delete;

  std::string text;
  BodyBudget& bodies;
};

void ForgetBody(void* body) { delete static_cast<SentBody*>(body); }

void ForgetSource(void* source) { delete static_cast<HttpBodySource*>(source); }

// libmicrohttpd's callback for the next part. An error breaks the answer off, which the client sees by its missing end.
ssize_t ReadPart(void* source, std::uint64_t /*position*/, char* buffer, std::size_t size) {
  try {
    const std::size_t got = (*static_cast<HttpBodySource*>(source))(buffer, size);
    return got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : static_cast<ssize_t>(got);
  } catch (const std::exception&) {
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
}

MhdResponse FromBody(std::string text, BodyBudget& bodies) {
  auto body = std::make_unique<SentBody>(std::move(text), bodies);
  MhdResponse made(MHD_create_response_from_buffer_with_free_callback_cls(body->text.size(), body->text.data(),
                                                                          &ForgetBody, body.get()));
  if (made) static_cast<void>(body.release());
  return made;
}

MhdResponse FromSource(HttpBodySource read) {
  auto source = std::make_unique<HttpBodySource>(std::move(read));
  MhdResponse made(
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kPart_bytes, &ReadPart, source.get(), &ForgetSource));
  if (made) static_cast<void>(source.release());
  return made;
}

std::uint64_t LengthOf(const HttpBodySource& source) {
  std::string part(kPart_bytes, '\0');
  std::uint64_t length = 0;
  while (const std::size_t got = source(part.data(), part.size())) length += got;
  return length;
}

// Nobody reads it.
MhdResponse OfLength(std::uint64_t length) {
  const auto read_nothing = [](void*, std::uint64_t, char*, std::size_t) -> ssize_t {
    return MHD_CONTENT_READER_END_WITH_ERROR;
  };
  return MhdResponse(MHD_create_response_from_callback(length, kPart_bytes, read_nothing, nullptr, nullptr));
}

MhdResponse WithHeaders(MhdResponse made, const HttpResponse& response) {
  if (!made) return made;
  for (const HttpField& header : response.headers) {
    if (MHD_add_response_header(made.get(), header.name.c_str(), header.value.c_str()) != MHD_YES) return nullptr;
  }
  return made;
}

}  // namespace

MhdResponse MakeMhdResponse(HttpResponse response, BodyBudget& bodies) {
  MhdResponse made =
      response.source ? FromSource(std::move(response.source)) : FromBody(std::move(response.body), bodies);
  return WithHeaders(std::move(made), response);
}

MhdResponse MakeMhdHeadResponse(HttpResponse response, BodyBudget& bodies) {
  if (!response.source) return MakeMhdResponse(std::move(response), bodies);
  return WithHeaders(OfLength(LengthOf(response.source)), response);
}

}  // namespace vmtelem
