#pragma once

#include "base/time.hpp"
#include "http/message.hpp"
#include "kube/discovered.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace fedctl::kube {

/// What servers said of their types: kept between runs in a folder, and within one run in memory. The clusters of a fleet mostly answer
/// the same, so each text is kept and read once, by its digest, however many servers gave it. Copies share what they know.
///
///   FOLDER/discovery/SERVER.json       when the server was asked, and the ETag and digest of each of its documents
///   FOLDER/discovery/bodies/DIGEST     the documents, as they were sent
///
/// A damaged file counts as missing. A file that cannot be written only costs time.
class DiscoveryCache {
 public:
  DiscoveryCache() : DiscoveryCache(std::filesystem::path{}) {}

  /// An empty folder keeps nothing between runs.
  DiscoveryCache(std::filesystem::path folder);
  const std::filesystem::path& folder() const { return folder_; }

  /// One answer of a server.
  struct Kept {
    std::string etag;
    std::string digest;
  };

  /// All answers of one server, by path.
  struct Server {
    std::optional<time::Instant> asked;
    std::map<std::string, Kept> documents;
  };

  Server load(const http::Endpoint& endpoint) const;
  void store(const http::Endpoint& endpoint, const Server& server) const;

  /// A document of this run or of the folder; null where there is none, or not as it was.
  std::shared_ptr<const nlohmann::json> document(const std::string& digest) const;

  /// Keeps what a server sent and returns its digest. Returns nothing where the text is not a document of discovery.
  std::optional<std::string> keep(std::string_view text) const;

  /// What the documents of a server amount to; nothing where one is missing. A group version that /apis names and that no document, or
  /// another's, is kept of is a silent group.
  std::optional<Discovery> discovery(const Server& server) const;

  /// How many documents were parsed, and how many times documents were put together, in this run.
  struct Counts {
    int parsed = 0;
    int assembled = 0;
  };
  Counts counts() const;

 private:
  struct Known;
  std::filesystem::path folder_;
  std::shared_ptr<Known> known_;
};

}  // namespace fedctl::kube
