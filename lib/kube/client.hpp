#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "http/loop.hpp"
#include "http/transport.hpp"
#include "kube/object.hpp"
#include "kube/resource.hpp"
#include "kubeconfig/credential.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::kube {

struct ListOptions {
  std::string name_space = {};      ///< Empty: all namespaces.
  std::string label_selector = {};  ///< As kubectl's -l.
  std::string field_selector = {};
  bool metadata_only = false;  ///< PartialObjectMetadata: no spec, no Secret's content travels.
  int page_size = 1000;
  time::Duration timeout{0};  ///< Of the whole list; 0: the endpoint's, once more for each full page.
};

struct List {
  std::vector<nlohmann::json> items;
  std::string resource_version;
};

struct ApplyOptions {
  bool dry_run = false;
  bool force = true;  ///< Take fields over from other managers.
};

struct Applied {
  nlohmann::json object;  ///< As the server has it now, or would have it.
  bool created = false;
  bool is_repeated = false;  ///< An attempt before may have created it.
};

/// How dependents go when an object is deleted.
enum class Propagation { background, foreground, orphan };

struct DeleteOptions {
  Propagation propagation = Propagation::background;
  std::string uid = {};               ///< Delete only the object with this UID; empty: whichever has the name.
  std::string resource_version = {};  ///< Delete it only as it was then.
  bool dry_run = false;
};

/// What a deletion that the server accepted led to.
struct Removal {
  bool is_gone = true;       ///< False: the object is still there, and is being deleted.
  std::string kept_by = {};  ///< What keeps it then (departure.hpp), or "".
};

/// One cluster's API. All errors carry the cluster's name; a 404 of an API server is `Code::not_found`. An answer that is not what was
/// asked for (answer.hpp) is `Code::not_kubernetes`.
class Client {
 public:
  Client(http::Loop& loop, std::string cluster, kubeconfig::Access access);

  /// A cluster that cannot even be asked (its Secret is gone, say): every request fails with `problem`.
  Client(http::Loop& loop, std::string cluster, Error problem);

  /// Whatever answers, without credentials.
  Client(std::string cluster, std::unique_ptr<http::Transport> transport);

  /// From now on every request fails with `problem`: who did not answer just now is not asked again.
  void give_up(Error problem);
  bool has_given_up() const { return problem_.has_value(); }

  const std::string& cluster() const { return cluster_; }
  const http::Endpoint& endpoint() const { return transport_->endpoint(); }
  http::Loop& loop() const { return transport_->loop(); }
  const http::Statistics& statistics() const { return transport_->statistics(); }

  /// A request with our credentials, whatever its status; a 401 is tried once more with fresh ones.
  Task<Result<http::Response>> send(http::Request request);

  /// `timeout` 0: the endpoint's, which is also the longest.
  Task<Result<nlohmann::json>> get(Resource resource, std::string name_space, std::string name, bool metadata_only = false,
                                   time::Duration timeout = time::Duration{0});

  /// Is an item of a list worth keeping? Called for each item while a page is parsed: the list may still fail afterwards, and a list that
  /// is started again calls it again for every item.
  using Keep = std::function<bool(const nlohmann::json& item)>;

  /// All pages, with what `keep` (empty: everything) says is worth it; a continuation that expired (410) starts the list again.
  Task<Result<List>> list(Resource resource, ListOptions options, Keep keep = {});

  /// Calls `on_event(type, object)` (ADDED, MODIFIED, DELETED, BOOKMARK, ERROR) until it returns false, the server ends
  /// the stream or `timeout` is over. The caller lists again and resumes.
  using OnEvent = std::function<bool(const std::string& type, const nlohmann::json& object)>;
  Task<Result<Done>> watch(Resource resource, ListOptions options, std::string resource_version, time::Duration timeout, OnEvent on_event);

  /// Server-side apply (KEP-555) as `field_manager`, unknown fields refused.
  Task<Result<Applied>> apply(Resource resource, nlohmann::json object, ApplyOptions options);

  /// POST: errors with `Code::conflict` where the object exists. `subresource` as in "token" of a ServiceAccount, whose name
  /// is `name` then.
  Task<Result<nlohmann::json>> create(Resource resource, nlohmann::json object, std::string name = {}, std::string subresource = {});

  /// PUT: `Code::conflict` where the resourceVersion in `object` is no longer the live one.
  Task<Result<nlohmann::json>> replace(Resource resource, nlohmann::json object);

  /// The same of what does no harm whether it is done or not: one try that takes at most `timeout`, and that an interrupt ends at once.
  Task<Result<nlohmann::json>> replace_within(Resource resource, nlohmann::json object, time::Duration timeout);

  /// RFC 7386 merge patch, of a subresource such as "status" where one is named.
  Task<Result<nlohmann::json>> merge(Resource resource, std::string name_space, std::string name, nlohmann::json changes,
                                     std::string subresource = {});

  /// RFC 6902 patch.
  Task<Result<nlohmann::json>> patch(Resource resource, std::string name_space, std::string name, nlohmann::json operations);

  /// The answer to a GET of `path`, which is no resource's, such as "/openapi/v3/apis/apps/v1".
  Task<Result<nlohmann::json>> document(std::string path);

  /// Deleting what is gone already is fine.
  Task<Result<Removal>> remove(Resource resource, std::string name_space, std::string name, DeleteOptions options);

 private:
  struct Answer {
    nlohmann::json body;
    long status = 0;
    bool is_repeated = false;  ///< An attempt before this one may have been carried out.
  };
  static nlohmann::json body_of(Answer&& answer) { return std::move(answer.body); }
  Task<Result<http::Response>> good_answer(http::Request request);
  Task<Result<Answer>> json_answer(http::Request request);
  /// The object that is written, and whether the server answers with it as it is then (or with something else, such as a Status).
  struct Target {
    std::string name_space;
    std::string name;
    bool answers_itself = true;
    std::string uid = {};  ///< Empty: whichever has the name.
    bool metadata_only = false;
  };
  Task<Result<Answer>> object_answer(http::Request request, Resource resource, Target target);
  Task<Result<Answer>> write(http::Request request, Resource resource, Target target, nlohmann::json sent);

  /// What became of an object of whose deletion the server `said` something that does not settle it: no object has the name, or one with
  /// another UID, or it is being deleted.
  Task<Result<Removal>> look_after(Resource resource, std::string name_space, std::string name, std::string uid, std::string said);
  Task<Result<List>> list_pages(Resource resource, ListOptions options, Keep keep);
  Error explain(Error error) const;
  Error not_understood_after(bool writes, Error problem) const;
  void warn_of_open_credential();

  std::string cluster_;
  std::optional<Error> problem_;
  std::unique_ptr<http::Transport> transport_;
  kubeconfig::CredentialSource credentials_;
  std::vector<std::string> secrets_;  ///< Of the credential that was sent last; no error may hold them.
  bool has_warned_ = false;
};

/// Did `apply` fail because the object's namespace does not exist?
bool is_missing_namespace(const Error& error);

}  // namespace fedctl::kube
