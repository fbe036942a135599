// The team: the OpenMP threads that run everything, each pinned to a physical core of its own
// with denormals off. oneDNN, OpenBLAS and our loops all run on it.
#ifndef RUNNER_TEAM_H
#define RUNNER_TEAM_H

#include "base/error.h"

struct team; // where the calling thread was bound before

// Physical cores that this process may run on; -1 with a message if the topology cannot be read.
int team_cores(struct error *err);

// Pins `threads` threads, one per physical core while there are any, and sets flush-to-zero and
// denormals-are-zero in each. NULL with a message if there are not as many CPUs.
struct team *team_start(int threads, struct error *err);

// Puts the calling thread back to where it was bound and ends the others, which would wait for work
// by spinning. NULL is fine.
void team_release(struct team *team);

#endif
