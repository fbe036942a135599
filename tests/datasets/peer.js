// Runs ONNX files with ONNX Runtime, once each, on one thread: do the shapes of the outputs agree
// with what the file says? Prints a line per file that fails. The numbers are of no interest: all
// elements of all weights are alike, so that variances are zero and what is divided by them is not
// always finite.
// usage: NODE_PATH=.../node_modules node peer.js MODEL.onnx...
const ort = require('onnxruntime-node');

// As optimised graphs would hold all weights at once, they are left as they are.
const options = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
};

const types = {
    float32: (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i)),
    int64: (n) => new BigInt64Array(n).fill(1n), // an index that every table has
    int32: (n) => new Int32Array(n).fill(1),
    bool: (n) => new Uint8Array(n).fill(1),
};

function tensor(port) {
    const n = port.shape.reduce((a, b) => a * b, 1);
    return new ort.Tensor(port.type, types[port.type](n), port.shape);
}

function complaint(port, result) {
    const alike = String(result.dims) === String(port.shape);
    return alike ? null : `${port.name} is ${result.dims}, not ${port.shape}`;
}

async function run(path) {
    const session = await ort.InferenceSession.create(path, options);
    const feeds = {};
    for (const port of session.inputMetadata)
        feeds[port.name] = tensor(port);
    const results = await session.run(feeds);
    const complaints = session.outputMetadata.map((p) => complaint(p, results[p.name]));
    await session.release();
    return complaints.find((text) => text);
}

async function main(paths) {
    let failed = 0;
    for (const path of paths) {
        const text = await run(path).catch((e) => String(e.message || e));
        if (text) {
            failed++;
            console.log(`${path}: ${text.slice(0, 300)}`);
        }
    }
    console.log(`${paths.length - failed} of ${paths.length} run`);
    process.exit(failed ? 1 : 0);
}

main(process.argv.slice(2));
