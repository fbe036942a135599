// Whole models in dlbricks and in ONNX Runtime on this CPU, in turns: ratios of latency, memory and
// opening time.
// The peer, once and anywhere: npm install --ignore-scripts --prefix PEER onnxruntime-node@1.24.3
// usage: NODE_PATH=PEER/node_modules node tests/perf/onnxruntime.js BUILD THREADS ROUNDS MODEL...
//
// BUILD is a build folder, such as build/release. MODEL is an ONNX file or zoo:NAME. In each round
// every model is opened and run by one and then by the other, each in a process of its own, for
// about a second; the next round goes the other way round. Both run on the first hardware threads
// of as many cores, the caller on the first, with denormals as zero, waiting threads spinning (ONNX
// Runtime's default), and inputs of the same shapes and distribution: seeded, uniform in [-1, 1],
// indices spread over what they index, other whole numbers 0 and 1. Symbolic dimensions are 1, but
// "sequence" 128 and "length" 64.
//
// Memory is what the process grew by at its peak, from before the model was opened. Opening is
// reading and compiling: dlbricks reads no weights, but makes and packs them; ONNX Runtime reads
// and packs them. Weights that are equal are one to ONNX Runtime, as in some files without real
// weights: it reads less than we do then, and is the faster and smaller for it. `zoo write` gives
// each weight another number: while all were full of the same one, smollm_135m_decode took it 11 ms
// on one core, and 20 since; wav2vec2_base 65 and 90. It took 506 MB for gpt2_decode, and 818 since
// (dlbricks 523); 371 and 787 for smollm_135m_decode (560), 100 and 169 for t5_small_encoder (153), 40
// and 105 for mixer_s16 (86).
// KEEP=FILE writes all that was measured as JSON.
//
// Where a virtual machine gives free memory back to its host (/sys/module/page_reporting), each
// 2 MB that come back cost 5 ms of a core instead of 0.1, whoever touches them first. Only free
// blocks of 2 MB and more are given back: dlbricks' huge pages need these, while ONNX Runtime's
// pages of 4 KB come from smaller ones as long as there are any. So that both are given alike, more
// memory than either takes is touched and freed right before each opens a model (warm_memory.c).
// light_vgg19 in ms, one thread, dlbricks and ONNX Runtime: 66 and 620 so; 1390 and 730 if only
// blocks of 2 MB were given back; 1650 and 4070 with the smaller ones used up, too.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const SECONDS = 0.7, MIN_RUNS = 5, WARM_RUNS = 3;
const OPEN_DIMS = { batch: 1, batch_size: 1, sequence: 128, length: 64 };

// ---- ONNX Runtime ------------------------------------------------------------------------------

// SplitMix64 as in base/random.h.
function* randomNumbers(seed) {
    const mask = (1n << 64n) - 1n;
    for (let state = BigInt(seed); ;) {
        state = (state + 0x9e3779b97f4a7c15n) & mask;
        let x = state;
        x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
        x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & mask;
        yield Number((x ^ (x >> 31n)) >> 40n); // 24 bits
    }
}

const ARRAYS = {
    float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array,
    uint8: Uint8Array, int8: Int8Array, bool: Uint8Array,
};

// below: of indices, 0 for other inputs.
function makeFeed(Tensor, input, seed, below) {
    const dims = input.shape.map(d => typeof d === 'number' ? d : OPEN_DIMS[d] || 1);
    const n = dims.reduce((a, b) => a * b, 1);
    const data = new ARRAYS[input.type](n);
    const random = randomNumbers(seed);
    for (let i = 0; i < n; i++) {
        const x = random.next().value;
        if (input.type.startsWith('float')) data[i] = x / (1 << 23) - 1;
        else if (input.type === 'int64') data[i] = BigInt(x % (below || 2));
        else data[i] = x % (below || 2);
    }
    return new Tensor(input.type, data, dims);
}

function memoryKb(name) {
    return +fs.readFileSync('/proc/self/status', 'utf8').match(`${name}:\\s*(\\d+)`)[1];
}

// One process: opens the file, runs it, prints what it saw. Calls the binding itself, which runs in
// the calling thread: promises would be measured too.
function runPeer(file, cpus, below) {
    const { Tensor } = require('onnxruntime-node');
    const backend = require(path.join(path.dirname(require.resolve('onnxruntime-node')), 'binding.js'));
    backend.initOrt();
    const extra = { session: { set_denormal_as_zero: '1' } };
    if (cpus.length > 1) // numbers from 1 on, of all threads but the caller
        extra.session.intra_op_thread_affinities = cpus.slice(1).map(c => c + 1).join(';');
    const options = {
        intraOpNumThreads: cpus.length, interOpNumThreads: 1, executionMode: 'sequential',
        graphOptimizationLevel: 'all', logSeverityLevel: 3, extra,
    };
    const before = memoryKb('VmRSS');
    const start = process.hrtime.bigint();
    const session = new backend.binding.InferenceSession();
    session.loadModel(file, options);
    const open_ns = Number(process.hrtime.bigint() - start);
    const types = ['', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string',
        'bool', 'float16', 'float64'];
    const feeds = {}, fetches = {};
    session.inputMetadata.forEach((m, i) => {
        const shape = m.shape.map((d, k) => d < 0 ? m.symbolicDimensions[k] : d);
        feeds[m.name] = makeFeed(Tensor, { type: types[m.type], shape }, i + 1, below[m.name]);
    });
    session.outputMetadata.forEach(m => { fetches[m.name] = null; });
    for (let i = 0; i < WARM_RUNS; i++) session.run(feeds, fetches, {});
    const times = [];
    for (let sum = 0; times.length < MIN_RUNS || sum < SECONDS * 1e9;) {
        const from = process.hrtime.bigint();
        session.run(feeds, fetches, {});
        times.push(Number(process.hrtime.bigint() - from));
        sum += times[times.length - 1];
    }
    times.sort((a, b) => a - b);
    console.log(JSON.stringify({
        p50_ns: times[times.length >> 1], min_ns: times[0], open_ns,
        bytes: 1024 * (memoryKb('VmHWM') - before),
    }));
    process.exit(0); // its threads need not be waited for
}

// ---- turns -------------------------------------------------------------------------------------

// The first hardware thread of each core.
function coresToUse(n) {
    const rows = execFileSync('lscpu', ['-p=CPU,CORE'], { encoding: 'utf8' }).split('\n');
    const first = new Map();
    for (const [cpu, core] of rows.filter(r => /^\d/.test(r)).map(r => r.split(',').map(Number)))
        if (!first.has(core)) first.set(core, cpu);
    return [...first.values()].slice(0, n);
}

function measurePeer(file, cpus, below) {
    const text = execFileSync('taskset', ['-c', `${cpus[0]}`, process.execPath, __filename,
        '--peer', file, cpus.join(','), JSON.stringify(below)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return JSON.parse(text);
}

function measureOurs(file, dims, cpus, build, cache) {
    const words = ['-c', cpus.join(','), `${build}/dlbricks`, 'profile', '--json', '--cache', cache,
        '--threads', `${cpus.length}`, ...dims.flatMap(d => ['--dim', d]), file];
    const text = execFileSync('taskset', words,
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
    const { latency: [time], memory: [memory] } = JSON.parse(text);
    return {
        p50_ns: time.p50_ns, min_ns: time.min_ns, open_ns: memory.read_ns + memory.compile_ns,
        bytes: memory.resident_bytes, noise: time.noise,
    };
}

// Enough for the peak of either, which is up to three times the weights.
function warmMemory(subject, cpus, build) {
    const megabytes = Math.ceil(128 + 3 * subject.weightBytes / (1 << 20));
    execFileSync('taskset', ['-c', cpus.join(','), `${build}/tests/perf_warm_memory`,
        `${megabytes}`, `${cpus.length}`]);
}

// Bytes of the weights, and what each input that holds indices has to stay below.
function inspect(file, dims, build) {
    const words = ['inspect', '--json', ...dims.flatMap(d => ['--dim', d]), file];
    const text = execFileSync(`${build}/dlbricks`, words,
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
    const { models: [model], ports } = JSON.parse(text);
    const below = {};
    for (const port of ports) below[port.name] = port.indices_below || 0;
    return { below, weightBytes: model.weight_bytes };
}

// Symbolic dimensions of the file that have to be bound.
function dimsOf(file) {
    const bytes = fs.readFileSync(file);
    return Object.entries(OPEN_DIMS).filter(([name]) => bytes.includes(`\x12${String.fromCharCode(name.length)}${name}`))
        .map(([name, value]) => `${name}=${value}`);
}

function writeZoo(names, build, folder) {
    if (names.length)
        execFileSync(`${build}/dlbricks`, ['zoo', 'write', ...names, '-o', folder]);
}

// ---- the table ---------------------------------------------------------------------------------

function median(values) {
    const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
    return n % 2 ? sorted[n >> 1] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

function row(subject) {
    const of = (side, key, f) => f(subject[side].map(m => m[key]));
    const least = values => Math.min(...values);
    const ours = key => of('ours', key, key === 'min_ns' ? least : median);
    const peer = key => of('peer', key, key === 'min_ns' ? least : median);
    return {
        model: subject.name, ours_ms: ours('p50_ns') * 1e-6, peer_ms: peer('p50_ns') * 1e-6,
        medians: ours('p50_ns') / peer('p50_ns'), minima: ours('min_ns') / peer('min_ns'),
        ours_mb: ours('bytes') * 1e-6, peer_mb: peer('bytes') * 1e-6,
        ours_open: ours('open_ns') * 1e-6, peer_open: peer('open_ns') * 1e-6,
    };
}

function summary(rows, key, what) {
    const logs = rows.map(r => Math.log(r[key]));
    const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
    const square = logs.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(logs.length - 1, 1);
    const worst = rows.reduce((a, b) => b[key] > a[key] ? b : a);
    console.log(`ratio of ${what}: geometric mean ${Math.exp(mean).toFixed(3)}, standard deviation ` +
        `of log ${Math.sqrt(square).toFixed(3)}, worst ${worst[key].toFixed(2)} (${worst.model})`);
}

function report(subjects, threads) {
    const rows = subjects.filter(s => s.ours.length && s.peer.length).map(row);
    const number = (x, n, digits) => x.toFixed(digits).padStart(n);
    console.log(`${'model, ' + threads + ' threads'}`.padEnd(26) + '      ms    peer  medians minima' +
        '   MB    peer   open ms    peer');
    for (const r of rows)
        console.log(r.model.padEnd(24) + number(r.ours_ms, 10, 3) + number(r.peer_ms, 8, 3) +
            number(r.medians, 8, 2) + number(r.minima, 7, 2) + number(r.ours_mb, 7, 0) +
            number(r.peer_mb, 6, 0) + number(r.ours_open, 10, 0) + number(r.peer_open, 8, 0));
    const long = rows.filter(r => r.peer_ms >= 1);
    if (!long.length) return;
    console.log(`\n${long.length} models of 1 ms and more:`);
    summary(long, 'medians', 'medians');
    summary(long, 'minima', 'minima');
}

function turn(subject, round, cpus, build, cache) {
    if (!subject.below) Object.assign(subject, inspect(subject.file, subject.dims, build));
    const sides = [
        () => subject.ours.push(measureOurs(subject.file, subject.dims, cpus, build, cache)),
        () => subject.peer.push(measurePeer(subject.file, cpus, subject.below)),
    ];
    if (round % 2) sides.reverse();
    sides.forEach(measure => {
        warmMemory(subject, cpus, build);
        measure();
    });
}

function main([build, threads, rounds, ...models]) {
    if (!models.length) {
        console.error('usage: onnxruntime.js BUILD THREADS ROUNDS MODEL...');
        process.exit(2);
    }
    const work = fs.mkdtempSync(path.join(os.tmpdir(), 'onnxruntime-'));
    process.on('exit', () => fs.rmSync(work, { recursive: true }));
    const zoo = models.filter(m => m.startsWith('zoo:')).map(m => m.slice(4));
    writeZoo(zoo, build, work);
    const subjects = models.map(m => {
        const name = m.startsWith('zoo:') ? m.slice(4) : path.basename(m, '.onnx');
        const file = m.startsWith('zoo:') ? path.join(work, `${name}.onnx`) : path.resolve(m);
        return { name: m.startsWith('zoo:') ? m : name, file, dims: dimsOf(file), ours: [], peer: [] };
    });
    const cpus = coresToUse(+threads);
    for (let round = 0; round < +rounds; round++)
        for (const subject of subjects) {
            try {
                turn(subject, round, cpus, build, path.join(work, 'cache'));
            } catch (e) {
                console.error(`${subject.name}: ${(e.stderr || e).toString().trim()}`);
                process.exitCode = 1;
            }
        }
    report(subjects, threads);
    if (process.env.KEEP) fs.writeFileSync(process.env.KEEP, JSON.stringify(subjects));
}

if (process.argv[2] === '--peer')
    runPeer(process.argv[3], process.argv[4].split(',').map(Number), JSON.parse(process.argv[5]));
else
    main(process.argv.slice(2));
