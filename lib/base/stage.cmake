vmtelem_stage(base SOURCES backoff.cc clock.cc glob.cc gzip.cc log.cc parse.cc secret_file.cc secret_mask.cc text_coding.cc utf8.cc visible_text.cc LIBRARIES
                  Threads::Threads ZLIB::ZLIB fmt::fmt spdlog::spdlog tl::expected nlohmann_json::nlohmann_json)
