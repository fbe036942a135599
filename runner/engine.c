#include "runner/engine.h"

#include <cblas.h>
#include <ctype.h>
#include <dlfcn.h>
#include <hwloc.h>
#include <string.h>

#include "base/memory.h"
#include "runner/dnnl_compat.h"
#include "runner/system.h"
#include "runner/team.h"

// ---- before the libraries start ------------------------------------------------------------

// OpenBLAS' name for the best kernels that a cap leaves; NULL if the cap is not known.
static const char *openblas_core(const char *isa)
{
    static const struct {
        const char *prefix, *core;
    } cores[] = {
        {"avx512", "SkylakeX"},
        {"avx2", "Haswell"},
        {"avx", "Sandybridge"},
        {"sse41", "Nehalem"},
    };
    for (size_t i = 0; isa && i < sizeof cores / sizeof cores[0]; i++)
        if (strncmp(isa, cores[i].prefix, strlen(cores[i].prefix)) == 0)
            return cores[i].core;
    return NULL;
}

static bool set_if_unset(const char *name, const char *value)
{
    if (!value || getenv(name))
        return false;
    return setenv(name, value, 0) == 0;
}

bool engine_prepare_process(const struct engine_options *options)
{
    bool wait = set_if_unset("OMP_WAIT_POLICY", "active");
    bool core = set_if_unset("OPENBLAS_CORETYPE", openblas_core(options->isa));
    return wait || core;
}

// ---- instruction sets and threads ----------------------------------------------------------

static int cap_isa(const char *name, struct error *err)
{
    dnnl_cpu_isa_t isa;
    if (!isa_from_name(name, &isa)) {
        struct str names = STR_INIT;
        isa_names(&names);
        fail(err, "instruction set '%s' is not known; oneDNN knows: %s", name, names.text);
        str_release(&names);
        return -1;
    }
    if (dnnl_set_max_cpu_isa(isa) != dnnl_success && dnnl_get_effective_cpu_isa() != isa)
        return fail(err, "the instruction set can be capped to '%s' only once, at the start", name);
    if (dnnl_get_effective_cpu_isa() != isa)
        return fail(err, "instruction set '%s' is not to be had: this CPU and oneDNN offer %s",
                    name, isa_name(dnnl_get_effective_cpu_isa()));
    return 0;
}

static int choose_threads(int asked, double quota, struct error *err)
{
    int allowed = quota > 0 && quota < 1 ? 1 : (int)quota;
    if (asked > 0 && allowed > 0 && asked > allowed)
        return fail(err, "%d threads asked for, but the cgroup's quota is %.2g CPUs", asked, quota);
    if (asked > 0)
        return asked;
    int cores = team_cores(err);
    return cores > 0 && allowed > 0 && allowed < cores ? allowed : cores;
}

// ---- environment ---------------------------------------------------------------------------

static const char *cpu_runtime_name(unsigned runtime)
{
    return runtime == DNNL_RUNTIME_OMP   ? "omp"
           : runtime == DNNL_RUNTIME_TBB ? "tbb"
           : runtime == DNNL_RUNTIME_SEQ ? "sequential"
                                         : "other";
}

// "OpenBLAS 0.3.21" of "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...".
static void blas_version(char *out, size_t size)
{
    char number[64] = "";
    if (sscanf(openblas_get_config(), "OpenBLAS %63s", number) != 1)
        snprintf(number, sizeof number, "unknown");
    snprintf(out, size, "OpenBLAS %s", number);
}

static void set_lower(struct environment *e, enum environment_field f, const char *text)
{
    char lower[64];
    snprintf(lower, sizeof lower, "%s", text);
    for (char *s = lower; *s; s++)
        *s = (char)tolower((unsigned char)*s);
    environment_set(e, f, "%s", lower);
}

static void set_libraries(struct environment *e)
{
    const dnnl_version_t *v = dnnl_version();
    char blas[64];
    blas_version(blas, sizeof blas);
    environment_set(e, ENV_engine, "onednn");
    environment_set(e, ENV_engine_version, "%d.%d.%d", v->major, v->minor, v->patch);
    environment_set(e, ENV_cpu_runtime, "%s", cpu_runtime_name(v->cpu_runtime));
    environment_set(e, ENV_isa, "%s", isa_name(dnnl_get_effective_cpu_isa()));
    environment_set(e, ENV_blas_version, "%s", blas);
    environment_set(e, ENV_blas_core, "%s", openblas_get_corename());
    environment_set(e, ENV_omp_runtime, "%s",
                    dlsym(RTLD_DEFAULT, "__kmpc_fork_call") ? "libomp" : "gomp");
    environment_set(e, ENV_compiler, "%s", __VERSION__);
}

static void fill_environment(struct engine *engine, const char *policy, double quota)
{
    struct environment *e = &engine->environment;
    const char *wait = getenv("OMP_WAIT_POLICY");
    environment_detect_system(e);
    set_libraries(e);
    set_lower(e, ENV_wait_policy, wait ? wait : "default");
    environment_set(e, ENV_threads, "%d", engine->threads);
    environment_set(e, ENV_binding, "core");
    environment_set(e, ENV_math_mode, "strict");
    environment_set(e, ENV_pages, "%s", system_huge_pages("") ? "thp" : "4k");
    environment_set(e, ENV_denormals, "ftz+daz");
    environment_set(e, ENV_instances, "1");
    environment_set(e, ENV_policy, "%s", policy);
    if (quota > 0)
        environment_set(e, ENV_quota, "%.2f", quota);
    else
        environment_set(e, ENV_quota, "none");
}

// ---- the engine ----------------------------------------------------------------------------

static int start_onednn(struct engine *engine, struct error *err)
{
    dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict);
    if (dnnl_engine_create(&engine->dnnl, dnnl_cpu, 0) != dnnl_success)
        return fail(err, "oneDNN cannot make its CPU engine");
    if (dnnl_stream_create(&engine->stream, engine->dnnl, dnnl_stream_default_flags) !=
        dnnl_success)
        return fail(err, "oneDNN cannot make a stream");
    return 0;
}

int engine_init(struct engine *engine, const struct engine_options *options, const char *policy,
                struct error *err)
{
    *engine = (struct engine){0};
    double quota = cgroup_quota("/sys/fs/cgroup", "/proc/self/cgroup");
    if (machine_detect(&engine->machine, err) != 0)
        return -1;
    if (options->isa && cap_isa(options->isa, err) != 0)
        return -1;
    engine->threads = choose_threads(options->threads, quota, err);
    if (engine->threads < 0)
        return -1;
    engine->team = team_start(engine->threads, err);
    if (!engine->team || start_onednn(engine, err) != 0) {
        engine_release(engine);
        return -1;
    }
    counters_open(&engine->counters, engine->threads);
    fill_environment(engine, policy, quota);
    return 0;
}

void engine_release(struct engine *engine)
{
    if (engine->stream)
        dnnl_stream_destroy(engine->stream);
    if (engine->dnnl)
        dnnl_engine_destroy(engine->dnnl);
    counters_close(&engine->counters);
    team_release(engine->team);
    *engine = (struct engine){0};
}

void engine_versions(struct str *out)
{
    const dnnl_version_t *v = dnnl_version();
    char blas[64];
    blas_version(blas, sizeof blas);
    unsigned hwloc = hwloc_get_api_version();
    str_addf(out, "oneDNN %d.%d.%d, %s (%s), hwloc %u.%u, %s", v->major, v->minor, v->patch, blas,
             openblas_get_corename(), hwloc >> 16, hwloc >> 8 & 0xff,
             dlsym(RTLD_DEFAULT, "__kmpc_fork_call") ? "libomp" : "gomp");
}
