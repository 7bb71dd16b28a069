/* Preloaded into a database's server: what waits for the disk takes as many milliseconds as the file $SLOW_DISK says; 0 if there is none.
   The disk itself is not asked, for the machine does not lose its power. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int delay(void) {
  const char *name = getenv("SLOW_DISK");
  FILE *file = name ? fopen(name, "r") : NULL;
  int milliseconds = 0;
  if (!file) return 0;
  if (fscanf(file, "%d", &milliseconds) != 1) milliseconds = 0;
  fclose(file);
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (milliseconds > 0 && nanosleep(&left, &left) != 0) {
  }
  return 0;
}

int fsync(int descriptor) { return (void)descriptor, delay(); }
int fdatasync(int descriptor) { return (void)descriptor, delay(); }
int sync_file_range(int descriptor, long offset, long length, unsigned flags) {
  return (void)descriptor, (void)offset, (void)length, (void)flags, 0;
}
