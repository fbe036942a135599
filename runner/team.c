#include "runner/team.h"

#include <hwloc.h>
#include <omp.h>
#include <xmmintrin.h>

#include "base/memory.h"

enum { MXCSR_FTZ_DAZ = 0x8040 };

struct team {
    hwloc_topology_t topology;
    hwloc_bitmap_t before;
};

// The CPUs that the process may use now: control groups and taskset are both seen.
static int topology_load(hwloc_topology_t *topology, struct error *err)
{
    if (hwloc_topology_init(topology) != 0)
        return fail(err, "hwloc cannot make a topology");
    if (hwloc_topology_set_flags(*topology, HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM |
                                                HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING) == 0 &&
        hwloc_topology_load(*topology) == 0)
        return 0;
    hwloc_topology_destroy(*topology);
    return fail(err, "hwloc cannot read the topology of this machine");
}

int team_cores(struct error *err)
{
    hwloc_topology_t topology;
    if (topology_load(&topology, err) != 0)
        return -1;
    int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
    int pus = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);
    hwloc_topology_destroy(topology);
    return cores > 0 ? cores : pus;
}

// Fills cpus[0..n-1], the first CPU of every core, then the second one of every core, and so on.
// Returns how many there are.
static int choose_cpus(hwloc_topology_t topology, int *cpus, int n)
{
    int found = 0;
    int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
    int pus = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);
    for (int turn = 0; turn < pus && found < n && cores > 0; turn++) {
        for (int c = 0; c < cores && found < n; c++) {
            hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, (unsigned)c);
            hwloc_obj_t pu = hwloc_get_obj_inside_cpuset_by_type(topology, core->cpuset,
                                                                 HWLOC_OBJ_PU, (unsigned)turn);
            if (pu)
                cpus[found++] = (int)pu->os_index;
        }
    }
    for (int i = 0; cores <= 0 && i < pus && found < n; i++)
        cpus[found++] = (int)hwloc_get_obj_by_type(topology, HWLOC_OBJ_PU, (unsigned)i)->os_index;
    return found;
}

// Returns how many threads of the team could not be pinned, or -1 if the team is smaller.
static int pin_threads(hwloc_topology_t topology, const int *cpus, int threads)
{
    int failures = 0, size = 0;
#pragma omp parallel num_threads(threads) reduction(+ : failures)
    {
        hwloc_bitmap_t set = hwloc_bitmap_alloc();
        hwloc_bitmap_only(set, (unsigned)cpus[omp_get_thread_num()]);
        failures += hwloc_set_cpubind(topology, set, HWLOC_CPUBIND_THREAD) != 0;
        hwloc_bitmap_free(set);
        _mm_setcsr(_mm_getcsr() | MXCSR_FTZ_DAZ);
#pragma omp single
        size = omp_get_num_threads();
    }
    return size == threads ? failures : -1;
}

static int pin_team(const struct team *team, int threads, struct error *err)
{
    int *cpus = xcalloc((size_t)threads, sizeof *cpus);
    int found = choose_cpus(team->topology, cpus, threads);
    int status = 0;
    if (found < threads) {
        status =
            fail(err, "%d threads asked for, but this process may run on %d CPUs", threads, found);
    } else {
        omp_set_dynamic(0);
        omp_set_num_threads(threads);
        int failures = pin_threads(team->topology, cpus, threads);
        if (failures < 0)
            status =
                fail(err, "OpenMP gives fewer than %d threads; is OMP_THREAD_LIMIT set?", threads);
        if (failures > 0)
            status = fail(err, "%d of %d threads cannot be pinned to a core", failures, threads);
    }
    free(cpus);
    return status;
}

struct team *team_start(int threads, struct error *err)
{
    struct team *team = xcalloc(1, sizeof *team);
    if (topology_load(&team->topology, err) != 0) {
        free(team);
        return NULL;
    }
    team->before = hwloc_bitmap_alloc();
    hwloc_get_cpubind(team->topology, team->before, HWLOC_CPUBIND_THREAD);
    if (pin_team(team, threads, err) == 0)
        return team;
    team_release(team);
    return NULL;
}

void team_release(struct team *team)
{
    if (!team)
        return;
    if (!hwloc_bitmap_iszero(team->before))
        hwloc_set_cpubind(team->topology, team->before, HWLOC_CPUBIND_THREAD);
    hwloc_bitmap_free(team->before);
    hwloc_topology_destroy(team->topology);
    free(team);
    omp_pause_resource(omp_pause_soft, omp_get_initial_device());
}
