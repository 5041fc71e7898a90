import { dataSource } from './src/storage/data-source.js';

export default dataSource(process.env.DATABASE_URL);
