#include "http/accepted_encoding.h"

#include <catch2/catch.hpp>

namespace vmtelem {

TEST_CASE("an answer is packed where the client takes gzip by name or by star") {
  const char* const header =
      GENERATE("gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=0.5", "gzip; q=1.000", "gzip ;Q=0.001", "*",
               "br;q=1.0, *;q=0.1", "identity;q=0, gzip", "gzip;x=y;q=1", " gzip ", "deflate,,gzip");
  CAPTURE(header);
  CHECK(AcceptsGzip({header}));
}

TEST_CASE("an answer is not packed where the client does not take gzip") {
  const char* const header = GENERATE("", "identity", "gzip;q=0", "gzip;q=0.000", "gzip ; q=0.0", "xgzip", "gzipx",
                                      "x-gzipped", "deflate", "br", "*;q=0", "*, gzip;q=0", "gzip;q=", "gzip;q=x",
                                      "gzip;q=-1", "gzip;q=2", "gzip;q=0.00001", "gz ip", "\"gzip\"");
  CAPTURE(header);
  CHECK_FALSE(AcceptsGzip({header}));
}

TEST_CASE("a header that comes twice is one list") {
  CHECK(AcceptsGzip({"br", "gzip"}));
  CHECK_FALSE(AcceptsGzip({"*", "gzip;q=0"}));
  CHECK_FALSE(AcceptsGzip({}));
}

}  // namespace vmtelem
