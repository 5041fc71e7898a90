// Runs inside a network namespace. Each connection to the Unix socket of argv[2] says in its first line where it wants
// to go, as `host port localAddress`; from then on it is that connection.
const net = require('node:net');

net
  .createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
    let head = Buffer.alloc(0);
    const onData = (part) => {
      head = Buffer.concat([head, part]);
      const end = head.indexOf(10);
      if (end === -1) return;
      near.off('data', onData);
      near.pause();
      const [host, port, localAddress] = head.subarray(0, end).toString().split(' ');
      const far = net.connect({ host, port: Number(port), localAddress, allowHalfOpen: true });
      far.on('error', () => near.destroy());
      near.on('error', () => far.destroy());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      if (head.length > end + 1) far.write(head.subarray(end + 1));
      near.pipe(far);
      far.pipe(near);
    };
    near.on('error', () => {});
    near.on('data', onData);
    near.resume();
  })
  .listen(process.argv[2], () => process.stdout.write('ready\n'));

process.stdin.resume().on('end', () => process.exit(0)); // the test is gone
