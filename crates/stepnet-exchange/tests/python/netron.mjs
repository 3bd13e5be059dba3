// Opens ONNX files with Netron, as its page does, and prints a line of JSON for each: node netron.mjs NETRON FILE...
//
// NETRON is the folder of Netron's scripts, with a package.json that says they are modules.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const script = (name) => import(pathToFileURL(path.resolve(folder, name)).href);
const base = await script('base.js');
const view = await script('view.js');

// What Netron asks its page for: its own scripts and tables, and nothing that is shown.
const host = {
    environment: () => null,
    event: () => {},
    exception: (error) => { throw error; },
    require: (id) => script(`${id}.js`),
    request: async (file, encoding) => encoding ? fs.readFileSync(path.join(folder, file), encoding) : new base.BinaryStream(fs.readFileSync(path.join(folder, file))),
};

const count = { failed: 0 };
for (const file of files) {
    const errors = [];
    const context = {
        identifier: path.basename(file),
        stream: new base.BinaryStream(new Uint8Array(fs.readFileSync(file))),
        entries: new Map(),
        require: host.require,
        asset: (name) => host.request(name, 'utf-8'),
        request: host.request,
        fetch: (name) => { throw new Error(`${name} is not there`); },
        error: (error) => errors.push(error.message),
    };
    try {
        const service = new view.ModelFactoryService(host);
        const model = await service.open(context);
        const graph = (model.modules || model.graphs)[0];
        const nodes = graph.nodes.map((node) => [node.name, node.type.name]);
        const names = (values) => values.map((value) => value.name);
        console.log(JSON.stringify({ file, format: model.format, nodes, inputs: names(graph.inputs), outputs: names(graph.outputs), errors }));
    } catch (error) {
        count.failed += 1;
        console.log(JSON.stringify({ file, errors: [error.stack, ...errors] }));
    }
}
process.exitCode = count.failed > 0 ? 1 : 0;
