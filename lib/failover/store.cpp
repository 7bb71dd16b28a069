#include "failover/store.hpp"

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "control/names.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace fedctl::failover {
namespace {

using nlohmann::json;

class LeaseHold : public Hold {
 public:
  explicit LeaseHold(std::unique_ptr<apply::Lock> lock) : lock_(std::move(lock)) {}
  std::int64_t token() const override { return lock_->transitions(); }

 private:
  std::unique_ptr<apply::Lock> lock_;
};

class HostStore : public Store {
 public:
  HostStore(kube::Client& client, std::string name_space, std::string policy_namespace, std::string policy)
      : client_(client), name_space_(std::move(name_space)), policy_namespace_(std::move(policy_namespace)), policy_(std::move(policy)) {}

  Task<Result<State>> load() override {
    auto live = co_await client_.get(control::config_maps(), name_space_, name());
    if (!live && live.error().code == Code::not_found) co_return State{};
    if (!live) co_return Failure{live.error()};
    auto state = state_from(parse_json(kube::string_at(kube::map_at(*live, "data"), "state")));
    if (!state) {
      Error error = in_cluster(state.error(), client_.cluster());
      error.object = fmt::format("ConfigMap {}/{}", name_space_, name());
      co_return Failure{std::move(error)};
    }
    state->version = kube::string_at(kube::map_at(*live, "metadata"), "resourceVersion");
    co_return state;
  }

  Task<Result<Done>> save(State& state) override {
    json object = object_of(state);
    Result<json> written = Failure{Error{}};
    if (state.version.empty()) {
      written = co_await client_.create(control::config_maps(), std::move(object));
    } else {
      written = co_await client_.replace(control::config_maps(), std::move(object));
    }
    co_return take_version(state, written);
  }

  Task<Result<Done>> save_look(State& state) override {
    if (state.version.empty()) {
      auto made = co_await save(state);
      co_return made;
    }
    json object = object_of(state);
    const auto written = co_await client_.replace_within(control::config_maps(), std::move(object), look_patience);
    co_return take_version(state, written);
  }

  std::unique_ptr<Candidacy> stand(const std::string& operation, std::chrono::seconds lasts) override {
    apply::Claim claim{.identity = process::identity(), .operation = operation, .lasts = lasts, .by_sight = true};
    claim.lease = object_name(policy_namespace_, policy_, operation);
    return make_lease_candidacy(client_, name_space_, std::move(claim));
  }

  Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t least_token, time::Duration patience) override {
    apply::LockOptions options{.name_space = name_space_, .operation = operation, .patience = patience};
    options.lease = name();
    options.least_transitions = least_token;
    const auto ignore_wait = [](const apply::Holder&) {};
    const auto ignore_skip = [](const Error&) {};
    auto lock = apply::Lock::acquire(client_.loop(), {&client_}, std::move(options), ignore_wait, ignore_skip);
    if (!lock) return Failure{lock.error()};
    return std::make_unique<LeaseHold>(std::move(*lock));
  }

  std::string display_name() const override { return fmt::format("ConfigMap {}/{} in {}", name_space_, name(), client_.cluster()); }

 private:
  static constexpr time::Duration look_patience{2'000};

  std::string name() const { return object_name(policy_namespace_, policy_); }

  json object_of(const State& state) const {
    json object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}};
    object["metadata"] = json{{"name", name()}, {"namespace", name_space_}};
    object["metadata"]["labels"] = json{{"fedctl.io/failover-policy", policy_}};
    if (!state.version.empty()) object["metadata"]["resourceVersion"] = state.version;
    object["data"] = json{{"state", to_text(to_json(state))}};
    return object;
  }

  static Result<Done> take_version(State& state, const Result<json>& written) {
    if (!written) return Failure{written.error()};
    state.version = kube::string_at(kube::map_at(*written, "metadata"), "resourceVersion");
    return Done{};
  }

  kube::Client& client_;
  std::string name_space_;
  std::string policy_namespace_;
  std::string policy_;
};

/// A lock of the file system, which ends with the process that has it.
class FileHold : public Hold {
 public:
  explicit FileHold(int descriptor) : descriptor_(descriptor) {}
  FileHold(const FileHold&) = delete;
  FileHold& operator=(const FileHold&) = delete;
  ~FileHold() override { ::close(descriptor_); }

 private:
  int descriptor_;
};

class FileStore : public Store {
 public:
  explicit FileStore(std::filesystem::path path) : path_(std::move(path)) {}

  Task<Result<State>> load() override {
    const auto text = read();
    if (!text) co_return Failure{text.error()};
    if (text->empty()) co_return State{};
    auto state = state_from(parse_json(*text));
    if (!state) co_return Failure{at_place(state.error(), path_.string())};
    state->version = version_of(*text);
    co_return state;
  }

  Task<Result<Done>> save(State& state) override { co_return write(state, save_patience); }
  Task<Result<Done>> save_look(State& state) override { co_return write(state, look_patience); }

  std::unique_ptr<Candidacy> stand(const std::string& operation, std::chrono::seconds) override {
    return make_lock_candidacy([this, operation] { return hold(operation, 0, time::Duration{0}); });
  }

  Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t, time::Duration patience) override {
    const std::string lock = fmt::format("{}.{}.lock", path_.string(), operation);
    file::make_folders(path_.parent_path(), file::privately.folder_mode);
    const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return Failure{{Code::internal, fmt::format("cannot open {}: {}", lock, std::strerror(errno))}};
    auto held = std::make_unique<FileHold>(descriptor);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (std::chrono::steady_clock::now() >= deadline) {
        const std::string who = text::trim(file::read(lock).value_or("somebody"));
        return Failure{{Code::conflict, fmt::format("{} is at work on this policy", who.empty() ? "somebody" : who), lock}};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    const std::string who = fmt::format("{} ({})\n", process::identity(), operation);
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, who.data(), who.size(), 0) < 0)
      return Failure{{Code::internal, fmt::format("cannot write {}: {}", lock, std::strerror(errno))}};
    return held;
  }

  std::string display_name() const override { return path_.string(); }

 private:
  static constexpr time::Duration save_patience{5'000};
  static constexpr time::Duration look_patience{200};

  Result<Done> write(State& state, time::Duration patience) {
    const auto alone = hold("save", 0, patience);
    if (!alone) return Failure{alone.error()};
    const auto before = read();
    if (!before) return Failure{before.error()};
    if (version_of(*before) != state.version)
      return Failure{{Code::conflict, "the state was written by somebody else meanwhile", path_.string()}};
    const std::string text = to_text(to_json(state), 2) + "\n";
    const auto written = file::write_atomically(path_, text, file::privately);
    if (!written) return Failure{written.error()};
    state.version = version_of(text);
    return Done{};
  }

  static std::string version_of(const std::string& text) { return text.empty() ? "" : encoding::sha256(text); }

  /// "" for a fresh start: only a file that is not there is one; a file that cannot be looked at may hold anything.
  Result<std::string> read() const {
    std::error_code problem;
    if (!std::filesystem::exists(path_, problem) && !problem) return "";
    auto text = file::read(path_);
    if (text && text->empty())
      return Failure{
          {.code = Code::invalid_input, .message = "the state is empty", .place = path_.string(), .hint = "restore it from a copy"}};
    return text;
  }

  std::filesystem::path path_;
};

/// Lets nobody work with a state that speaks of other clusters than the policy does.
class PolicyStore : public Store {
 public:
  PolicyStore(std::unique_ptr<Store> store, std::vector<std::string> clusters) : store_(std::move(store)), clusters_(std::move(clusters)) {}

  Task<Result<State>> load() override {
    auto state = co_await store_->load();
    if (!state) co_return state;
    const auto known = check_clusters(*state, clusters_);
    if (known) co_return state;
    Error error = known.error();
    error.message = fmt::format("{}: {}", display_name(), error.message);
    co_return Failure{std::move(error)};
  }

  Task<Result<Done>> save(State& state) override { return store_->save(state); }
  Task<Result<Done>> save_look(State& state) override { return store_->save_look(state); }
  std::unique_ptr<Candidacy> stand(const std::string& operation, std::chrono::seconds lasts) override {
    return store_->stand(operation, lasts);
  }
  Result<std::unique_ptr<Hold>> hold(const std::string& operation, std::int64_t least_token, time::Duration patience) override {
    return store_->hold(operation, least_token, patience);
  }
  std::string display_name() const override { return store_->display_name(); }

 private:
  std::unique_ptr<Store> store_;
  std::vector<std::string> clusters_;
};

}  // namespace

std::unique_ptr<Store> make_policy_store(std::unique_ptr<Store> store, std::vector<std::string> clusters) {
  return std::make_unique<PolicyStore>(std::move(store), std::move(clusters));
}

std::unique_ptr<Store> make_host_store(kube::Client& client, std::string name_space, std::string policy_namespace, std::string policy) {
  return std::make_unique<HostStore>(client, std::move(name_space), std::move(policy_namespace), std::move(policy));
}

std::unique_ptr<Store> make_file_store(std::filesystem::path path) { return std::make_unique<FileStore>(std::move(path)); }

std::filesystem::path default_state_file(const std::string& policy_namespace, const std::string& policy) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const std::filesystem::path base = state != nullptr && *state != '\0' ? std::filesystem::path{state} : file::home() / ".local/state";
  return base / "fedctl" / "failover" / fmt::format("{}.{}.json", policy_namespace, policy);
}

std::string object_name(const std::string& policy_namespace, const std::string& policy, const std::string& part) {
  return fmt::format("failover.{}.{}{}{}", policy_namespace, policy, part.empty() ? "" : ".", part);
}

}  // namespace fedctl::failover
