// Stands in for the group's worker: says to the page what look.mjs wants said of the seal and of footage.
new BroadcastChannel('mock-group').onmessage = ({ data }) => postMessage(data);
