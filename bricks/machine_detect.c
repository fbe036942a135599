// Reads this machine's topology and sizes from hwloc; names and instruction sets: machine_cpu.c.
#include "bricks/machine.h"

#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/memory.h"
#include "bricks/canon.h"
#include "bricks/machine_cpu.h"

static int count(hwloc_topology_t t, hwloc_obj_type_t type)
{
    int n = hwloc_get_nbobjs_by_type(t, type);
    return n > 0 ? n : 0;
}

static void detect_caches(struct machine *m, hwloc_topology_t t, hwloc_obj_type_t core)
{
    for (int level = 0; level < MAX_CACHE_LEVELS; level++) {
        hwloc_obj_type_t type = (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level);
        hwloc_obj_t cache = hwloc_get_obj_by_type(t, type, 0);
        if (!cache)
            continue;
        int cores = hwloc_get_nbobjs_inside_cpuset_by_type(t, cache->cpuset, core);
        m->caches[m->n_caches].bytes = cache->attr->cache.size;
        m->caches[m->n_caches].cores = cores > 0 ? cores : 1;
        m->caches[m->n_caches].instances = count(t, type);
        m->n_caches++;
    }
}

struct core_kind {
    char what[96]; // "2t,49152/1,2097152/4": threads, then bytes and cores of each cache above it
    int n;
};

static void describe_core(hwloc_topology_t t, hwloc_obj_type_t type, hwloc_obj_t core, char *out,
                          size_t size)
{
    snprintf(out, size, "%dt", hwloc_bitmap_weight(core->cpuset));
    for (hwloc_obj_t o = core->parent; o; o = o->parent) {
        char cache[48];
        if (!hwloc_obj_type_is_dcache(o->type))
            continue;
        snprintf(cache, sizeof cache, ",%llu/%d", (unsigned long long)o->attr->cache.size,
                 hwloc_get_nbobjs_inside_cpuset_by_type(t, o->cpuset, type));
        name_append(out, size, cache);
    }
}

static int by_what(const void *a, const void *b)
{
    const struct core_kind *x = a, *y = b;
    return strcmp(x->what, y->what);
}

// The kinds of cores where there are several: of a hybrid CPU, or with parts of it in use. They
// are ordered by what they are, as the cores' numbers are the firmware's business.
static void detect_core_kinds(struct machine *m, hwloc_topology_t t, hwloc_obj_type_t type)
{
    struct core_kind *kinds = xcalloc((size_t)m->cores + 1, sizeof *kinds);
    int n_kinds = 0;
    for (int i = 0; i < m->cores; i++) {
        char what[sizeof kinds->what];
        int k = 0;
        describe_core(t, type, hwloc_get_obj_by_type(t, type, (unsigned)i), what, sizeof what);
        while (k < n_kinds && strcmp(kinds[k].what, what) != 0)
            k++;
        n_kinds += k == n_kinds;
        memcpy(kinds[k].what, what, sizeof what);
        kinds[k].n++;
    }
    qsort(kinds, (size_t)n_kinds, sizeof *kinds, by_what);
    for (int k = 0; n_kinds > 1 && k < n_kinds; k++) {
        char kind[sizeof kinds->what + 16];
        snprintf(kind, sizeof kind, "%s%d*%s", k ? "+" : "", kinds[k].n, kinds[k].what);
        name_append(m->core_kinds, sizeof m->core_kinds, kind);
    }
    free(kinds);
}

static void detect_topology(struct machine *m, hwloc_topology_t t)
{
    // some virtual machines show no cores, only processing units
    hwloc_obj_type_t core = count(t, HWLOC_OBJ_CORE) ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    m->packages = count(t, HWLOC_OBJ_PACKAGE) ? count(t, HWLOC_OBJ_PACKAGE) : 1;
    m->numa_nodes = count(t, HWLOC_OBJ_NUMANODE) ? count(t, HWLOC_OBJ_NUMANODE) : 1;
    m->cores = count(t, core);
    m->threads = count(t, HWLOC_OBJ_PU);
    detect_caches(m, t, core);
    detect_core_kinds(m, t, core);
}

// Leaves only the CPUs that the process may use (taskset, cpuset of a container).
static void restrict_to_binding(hwloc_topology_t t)
{
    if (!hwloc_topology_is_thissystem(t))
        return;
    hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
    if (allowed && hwloc_get_cpubind(t, allowed, HWLOC_CPUBIND_PROCESS) == 0)
        hwloc_topology_restrict(t, allowed, HWLOC_RESTRICT_FLAG_REMOVE_CPULESS);
    hwloc_bitmap_free(allowed);
}

static void detect_system(struct machine *m)
{
    struct utsname system;
    if (uname(&system) == 0) {
        printable(m->host, sizeof m->host, system.nodename);
        printable(m->kernel, sizeof m->kernel, system.release);
    }
    struct sysinfo info;
    if (sysinfo(&info) == 0)
        m->memory_bytes = (size_t)info.totalram * info.mem_unit;
}

int machine_detect_on(struct machine *m, const struct cpu_reader *cpu, struct error *err)
{
    *m = (struct machine){0};
    hwloc_topology_t t;
    if (hwloc_topology_init(&t))
        return fail(err, "hwloc cannot be started");
    if (hwloc_topology_load(t)) {
        hwloc_topology_destroy(t);
        return fail(err, "hwloc cannot read the machine's topology (HWLOC_SYNTHETIC and "
                         "HWLOC_XMLFILE must be valid if they are set)");
    }
    restrict_to_binding(t);
    detect_topology(m, t);
    hwloc_topology_destroy(t);
    machine_read_cpu(m, cpu);
    detect_system(m);
    machine_default_label(m, m->label, sizeof m->label);
    return 0;
}

int machine_detect(struct machine *m, struct error *err)
{
    return machine_detect_on(m, &this_cpu, err);
}
