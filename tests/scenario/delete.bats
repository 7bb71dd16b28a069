#!/usr/bin/env bats
# delete without a host: what is asked, what is said, what goes.

setup_file() {
  load support
  start_clusters
  forget production
  fedctl apply -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" $contexts --yes >/dev/null
}
setup() { load support; in_own_folder; web=$FEDCTL_SOURCE/examples/federated-web-app.yaml; }
teardown_file() { load support; forget production; }

# answered WORD COMMAND...: as one who sits at a terminal and answers so.
answered() { run timeout 120 script -qec "'$FEDCTL' ${*:2}" /dev/null <<<"$1"; }

@test "delete asks with what would go, and does nothing without a yes" {
  answered no delete -f "$web" $contexts
  exits 4
  says "Delete 6 objects, 1 namespace with all in it, from 3 clusters? Only 'yes' is taken for a yes:"
  says_not "Apply this"
  # Whoever names objects in files is told nothing of federated objects that were deleted, nor that they are.
  says_not "federated object"
  says_not "deleted"
  [ "$(value ireland-cluster /apis/apps/v1/namespaces/production/deployments/web-app .spec.replicas)" = 3 ]
  answered no delete -f "$web" --cluster tokyo-cluster $contexts
  says "Delete 2 objects, 1 namespace with all in it, from 1 cluster?"
}

@test "a namespace that holds what is not ours is left, and said to be" {
  create tokyo-cluster /api/v1/namespaces/production/configmaps '{"metadata": {"name": "theirs"}, "data": {"a": "b"}}'
  answered no delete -f "$web" $contexts
  says "Delete 5 objects, 1 namespace with all in it, and leave 1 object running as nobody's, from 3 clusters?"
  says "it holds 1 object that is not the federation's, so it stays"
  answered yes delete -f "$web" $contexts
  exits 0
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/theirs .data.a)" = b ]
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/deployments/web-app .code)" = 404 ]
}
