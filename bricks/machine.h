// The machine: what of the hardware decides times, as one struct so that synthetic machines can
// be tested. Its folder in the cache is named by machine_key.
#ifndef BRICKS_MACHINE_H
#define BRICKS_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

enum { MAX_CACHE_LEVELS = 5, MAX_LABEL = 64 };

struct machine {
    char label[MAX_LABEL];       // for people: --label, default made from the CPU's name
    char cpu[128];               // brand string
    char vendor[32];             // "AuthenticAMD"
    int family, model, stepping; // cpuid
    char isa[24];                // best of sse41, avx2, avx512_core ...: as oneDNN, lower case
    char hypervisor[32];         // cpuid vendor of the hypervisor, "" on bare metal
    int packages, numa_nodes, cores, threads;
    char core_kinds[128];        // "4*1t,32768/1,...+2*2t,...": "" if all cores are alike
    int n_caches;                // L1 data first
    struct {
        size_t bytes;            // one instance
        int cores;               // sharing one instance
        int instances;
    } caches[MAX_CACHE_LEVELS];
    size_t memory_bytes;         // recorded, not part of the identity
    char host[64];               // recorded, not part of the identity
    char kernel[128];            // recorded, not part of the identity
};

// Reads this machine with hwloc and cpuid.
int machine_detect(struct machine *m, struct error *err);

// The label of a machine that was given none: its slug, "amd-epyc-2c".
void machine_default_label(const struct machine *m, char *out, size_t size);

// Folder name: readable slug of CPU and cores plus 8 hex digits over all identity fields:
// "amd-epyc-2c-1a2b3c4d". The same across reboots.
void machine_key(const struct machine *m, char *out, size_t size);
// Whether the two have one key.
bool machine_same(const struct machine *a, const struct machine *b);

// Adds "cores 8, not 2; hypervisor KVMKVMKVM, not none": the identity fields of a that b has
// otherwise; nothing if the two have one key.
void machine_difference(const struct machine *a, const struct machine *b, struct str *out);

// Whether the two are sizes of one type: another number of the same cores, with the same caches of
// their own, threads per core, instruction set and hypervisor. False for one and the same key, and
// for CPUs of several kinds of cores.
bool machine_is_relative(const struct machine *a, const struct machine *b);

json_t *machine_to_json(const struct machine *m);
int machine_from_json(struct machine *m, const json_t *json, const char *where, struct error *err);

// Bytes of all instances of the last-level cache as the topology tells them; 0 if it does not.
size_t machine_last_level_cache(const struct machine *m);

#endif
