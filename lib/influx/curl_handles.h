#pragma once

#include <memory>

#include <curl/curl.h>

// Ownership of libcurl's handles.
namespace vmtelem {

// Frees each kind of handle that belongs to no other.
struct CurlDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using CurlEasy = std::unique_ptr<CURL, CurlDeleter>;
using CurlUrl = std::unique_ptr<CURLU, CurlDeleter>;
using CurlText = std::unique_ptr<char, CurlDeleter>;

// Frees the handle that drives transfers.
struct CurlMultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using CurlMulti = std::unique_ptr<CURLM, CurlMultiDeleter>;

// Shared, since transfers under way keep the headers with which they began.
using CurlHeaders = std::shared_ptr<curl_slist>;

}  // namespace vmtelem
